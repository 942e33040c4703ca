//! The machine code of the clock that runs ahead: what each function is, instruction by instruction.
//!
//! Each makes the system call of its name and adds 34,560,000 seconds (400 days) to what the
//! kernel says of the real-time clocks; all other clocks stay as they are. Without a C library
//! there is no `errno` to set: a clock that the kernel refuses gives -1 alone.

/// A function: its name and its instructions.
pub(super) type Function = (&'static str, &'static [u8]);

/// For amd64.
#[rustfmt::skip]
pub(super) const AMD64: &[Function] = &[
    ("clock_gettime", &[
        0xb8, 0xe4, 0x00, 0x00, 0x00,                  // mov eax,0xe4
        0x0f, 0x05,                                    // syscall
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x11,                                    // jne +0x1c
        0x85, 0xff,                                    // test edi,edi
        0x74, 0x05,                                    // je +0x14
        0x83, 0xff, 0x05,                              // cmp edi,0x5
        0x75, 0x07,                                    // jne +0x1b
        0x48, 0x81, 0x06, 0x00, 0x58, 0x0f, 0x02,      // add QWORD PTR [rsi],0x20f5800
        0xc3,                                          // ret
        0x83, 0xc8, 0xff,                              // or eax,0xffffffff
        0xc3,                                          // ret
    ]),
    ("gettimeofday", &[
        0xb8, 0x60, 0x00, 0x00, 0x00,                  // mov eax,0x60
        0x0f, 0x05,                                    // syscall
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x0d,                                    // jne +0x18
        0x48, 0x85, 0xff,                              // test rdi,rdi
        0x74, 0x07,                                    // je +0x17
        0x48, 0x81, 0x07, 0x00, 0x58, 0x0f, 0x02,      // add QWORD PTR [rdi],0x20f5800
        0xc3,                                          // ret
        0x83, 0xc8, 0xff,                              // or eax,0xffffffff
        0xc3,                                          // ret
    ]),
    ("time", &[
        0x57,                                          // push rdi
        0x31, 0xff,                                    // xor edi,edi
        0xb8, 0xc9, 0x00, 0x00, 0x00,                  // mov eax,0xc9
        0x0f, 0x05,                                    // syscall
        0x5f,                                          // pop rdi
        0x48, 0x05, 0x00, 0x58, 0x0f, 0x02,            // add rax,0x20f5800
        0x48, 0x85, 0xff,                              // test rdi,rdi
        0x74, 0x03,                                    // je +0x19
        0x48, 0x89, 0x07,                              // mov QWORD PTR [rdi],rax
        0xc3,                                          // ret
    ]),
    ("timespec_get", &[
        0x83, 0xfe, 0x01,                              // cmp esi,0x1
        0x75, 0x1d,                                    // jne +0x22
        0x48, 0x89, 0xfe,                              // mov rsi,rdi
        0x31, 0xff,                                    // xor edi,edi
        0xb8, 0xe4, 0x00, 0x00, 0x00,                  // mov eax,0xe4
        0x0f, 0x05,                                    // syscall
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x0d,                                    // jne +0x22
        0x48, 0x81, 0x06, 0x00, 0x58, 0x0f, 0x02,      // add QWORD PTR [rsi],0x20f5800
        0xb8, 0x01, 0x00, 0x00, 0x00,                  // mov eax,0x1
        0xc3,                                          // ret
        0x31, 0xc0,                                    // xor eax,eax
        0xc3,                                          // ret
    ]),
];

/// For i386.
#[rustfmt::skip]
pub(super) const I386: &[Function] = &[
    ("clock_gettime", &[
        0x53,                                          // push ebx
        0x8b, 0x5c, 0x24, 0x08,                        // mov ebx,DWORD PTR [esp+0x8]
        0x8b, 0x4c, 0x24, 0x0c,                        // mov ecx,DWORD PTR [esp+0xc]
        0xb8, 0x09, 0x01, 0x00, 0x00,                  // mov eax,0x109
        0xcd, 0x80,                                    // int 0x80
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x11,                                    // jne +0x25
        0x85, 0xdb,                                    // test ebx,ebx
        0x74, 0x05,                                    // je +0x1d
        0x83, 0xfb, 0x05,                              // cmp ebx,0x5
        0x75, 0x06,                                    // jne +0x23
        0x81, 0x01, 0x00, 0x58, 0x0f, 0x02,            // add DWORD PTR [ecx],0x20f5800
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
        0x83, 0xc8, 0xff,                              // or eax,0xffffffff
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
    ]),
    ("gettimeofday", &[
        0x53,                                          // push ebx
        0x8b, 0x5c, 0x24, 0x08,                        // mov ebx,DWORD PTR [esp+0x8]
        0x8b, 0x4c, 0x24, 0x0c,                        // mov ecx,DWORD PTR [esp+0xc]
        0xb8, 0x4e, 0x00, 0x00, 0x00,                  // mov eax,0x4e
        0xcd, 0x80,                                    // int 0x80
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x0c,                                    // jne +0x20
        0x85, 0xdb,                                    // test ebx,ebx
        0x74, 0x06,                                    // je +0x1e
        0x81, 0x03, 0x00, 0x58, 0x0f, 0x02,            // add DWORD PTR [ebx],0x20f5800
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
        0x83, 0xc8, 0xff,                              // or eax,0xffffffff
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
    ]),
    ("time", &[
        0x53,                                          // push ebx
        0x31, 0xdb,                                    // xor ebx,ebx
        0xb8, 0x0d, 0x00, 0x00, 0x00,                  // mov eax,0xd
        0xcd, 0x80,                                    // int 0x80
        0x05, 0x00, 0x58, 0x0f, 0x02,                  // add eax,0x20f5800
        0x8b, 0x4c, 0x24, 0x08,                        // mov ecx,DWORD PTR [esp+0x8]
        0x85, 0xc9,                                    // test ecx,ecx
        0x74, 0x02,                                    // je +0x19
        0x89, 0x01,                                    // mov DWORD PTR [ecx],eax
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
    ]),
    ("timespec_get", &[
        0x31, 0xc0,                                    // xor eax,eax
        0x83, 0x7c, 0x24, 0x08, 0x01,                  // cmp DWORD PTR [esp+0x8],0x1
        0x75, 0x1a,                                    // jne +0x23
        0x53,                                          // push ebx
        0x31, 0xdb,                                    // xor ebx,ebx
        0x8b, 0x4c, 0x24, 0x08,                        // mov ecx,DWORD PTR [esp+0x8]
        0xb8, 0x09, 0x01, 0x00, 0x00,                  // mov eax,0x109
        0xcd, 0x80,                                    // int 0x80
        0x5b,                                          // pop ebx
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x08,                                    // jne +0x24
        0x81, 0x01, 0x00, 0x58, 0x0f, 0x02,            // add DWORD PTR [ecx],0x20f5800
        0x40,                                          // inc eax
        0xc3,                                          // ret
        0x31, 0xc0,                                    // xor eax,eax
        0xc3,                                          // ret
    ]),
    ("__clock_gettime64", &[
        0x53,                                          // push ebx
        0x8b, 0x5c, 0x24, 0x08,                        // mov ebx,DWORD PTR [esp+0x8]
        0x8b, 0x4c, 0x24, 0x0c,                        // mov ecx,DWORD PTR [esp+0xc]
        0xb8, 0x93, 0x01, 0x00, 0x00,                  // mov eax,0x193
        0xcd, 0x80,                                    // int 0x80
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x15,                                    // jne +0x29
        0x85, 0xdb,                                    // test ebx,ebx
        0x74, 0x05,                                    // je +0x1d
        0x83, 0xfb, 0x05,                              // cmp ebx,0x5
        0x75, 0x0a,                                    // jne +0x27
        0x81, 0x01, 0x00, 0x58, 0x0f, 0x02,            // add DWORD PTR [ecx],0x20f5800
        0x83, 0x51, 0x04, 0x00,                        // adc DWORD PTR [ecx+0x4],0x0
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
        0x83, 0xc8, 0xff,                              // or eax,0xffffffff
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
    ]),
    ("__gettimeofday64", &[
        0x53,                                          // push ebx
        0x83, 0xec, 0x10,                              // sub esp,0x10
        0x31, 0xdb,                                    // xor ebx,ebx
        0x89, 0xe1,                                    // mov ecx,esp
        0xb8, 0x93, 0x01, 0x00, 0x00,                  // mov eax,0x193
        0xcd, 0x80,                                    // int 0x80
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x35,                                    // jne +0x48
        0x8b, 0x4c, 0x24, 0x18,                        // mov ecx,DWORD PTR [esp+0x18]
        0x85, 0xc9,                                    // test ecx,ecx
        0x74, 0x28,                                    // je +0x43
        0x8b, 0x04, 0x24,                              // mov eax,DWORD PTR [esp]
        0x8b, 0x54, 0x24, 0x04,                        // mov edx,DWORD PTR [esp+0x4]
        0x05, 0x00, 0x58, 0x0f, 0x02,                  // add eax,0x20f5800
        0x83, 0xd2, 0x00,                              // adc edx,0x0
        0x89, 0x01,                                    // mov DWORD PTR [ecx],eax
        0x89, 0x51, 0x04,                              // mov DWORD PTR [ecx+0x4],edx
        0xb8, 0xd3, 0x4d, 0x62, 0x10,                  // mov eax,0x10624dd3
        0xf7, 0x64, 0x24, 0x08,                        // mul DWORD PTR [esp+0x8]
        0xc1, 0xea, 0x06,                              // shr edx,0x6
        0x89, 0x51, 0x08,                              // mov DWORD PTR [ecx+0x8],edx
        0x31, 0xc0,                                    // xor eax,eax
        0x89, 0x41, 0x0c,                              // mov DWORD PTR [ecx+0xc],eax
        0x83, 0xc4, 0x10,                              // add esp,0x10
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
        0x83, 0xc8, 0xff,                              // or eax,0xffffffff
        0xeb, 0xf6,                                    // jmp +0x43
    ]),
    ("__time64", &[
        0x53,                                          // push ebx
        0x83, 0xec, 0x10,                              // sub esp,0x10
        0x31, 0xdb,                                    // xor ebx,ebx
        0x89, 0xe1,                                    // mov ecx,esp
        0xb8, 0x93, 0x01, 0x00, 0x00,                  // mov eax,0x193
        0xcd, 0x80,                                    // int 0x80
        0x8b, 0x04, 0x24,                              // mov eax,DWORD PTR [esp]
        0x8b, 0x54, 0x24, 0x04,                        // mov edx,DWORD PTR [esp+0x4]
        0x05, 0x00, 0x58, 0x0f, 0x02,                  // add eax,0x20f5800
        0x83, 0xd2, 0x00,                              // adc edx,0x0
        0x8b, 0x4c, 0x24, 0x18,                        // mov ecx,DWORD PTR [esp+0x18]
        0x85, 0xc9,                                    // test ecx,ecx
        0x74, 0x05,                                    // je +0x2b
        0x89, 0x01,                                    // mov DWORD PTR [ecx],eax
        0x89, 0x51, 0x04,                              // mov DWORD PTR [ecx+0x4],edx
        0x83, 0xc4, 0x10,                              // add esp,0x10
        0x5b,                                          // pop ebx
        0xc3,                                          // ret
    ]),
    ("__timespec_get64", &[
        0x31, 0xc0,                                    // xor eax,eax
        0x83, 0x7c, 0x24, 0x08, 0x01,                  // cmp DWORD PTR [esp+0x8],0x1
        0x75, 0x1e,                                    // jne +0x27
        0x53,                                          // push ebx
        0x31, 0xdb,                                    // xor ebx,ebx
        0x8b, 0x4c, 0x24, 0x08,                        // mov ecx,DWORD PTR [esp+0x8]
        0xb8, 0x93, 0x01, 0x00, 0x00,                  // mov eax,0x193
        0xcd, 0x80,                                    // int 0x80
        0x5b,                                          // pop ebx
        0x85, 0xc0,                                    // test eax,eax
        0x75, 0x0c,                                    // jne +0x28
        0x81, 0x01, 0x00, 0x58, 0x0f, 0x02,            // add DWORD PTR [ecx],0x20f5800
        0x83, 0x51, 0x04, 0x00,                        // adc DWORD PTR [ecx+0x4],0x0
        0x40,                                          // inc eax
        0xc3,                                          // ret
        0x31, 0xc0,                                    // xor eax,eax
        0xc3,                                          // ret
    ]),
];

/// For arm64.
#[rustfmt::skip]
pub(super) const ARM64: &[Function] = &[
    ("clock_gettime", &[
        0xe9, 0x03, 0x00, 0x2a,                        // mov w9, w0
        0x28, 0x0e, 0x80, 0xd2,                        // mov x8, #0x71
        0x01, 0x00, 0x00, 0xd4,                        // svc #0x0
        0x40, 0x01, 0x00, 0xb5,                        // cbnz x0, +0x34
        0x69, 0x00, 0x00, 0x34,                        // cbz w9, +0x1c
        0x3f, 0x15, 0x00, 0x71,                        // cmp w9, #0x5
        0xc1, 0x00, 0x00, 0x54,                        // b.ne +0x30
        0x0a, 0x00, 0x8b, 0x52,                        // mov w10, #0x5800
        0xea, 0x41, 0xa0, 0x72,                        // movk w10, #0x20f, lsl #16
        0x2b, 0x00, 0x40, 0xf9,                        // ldr x11, [x1]
        0x6b, 0x01, 0x0a, 0x8b,                        // add x11, x11, x10
        0x2b, 0x00, 0x00, 0xf9,                        // str x11, [x1]
        0xc0, 0x03, 0x5f, 0xd6,                        // ret
        0x00, 0x00, 0x80, 0x12,                        // mov w0, #0xffffffff
        0xc0, 0x03, 0x5f, 0xd6,                        // ret
    ]),
    ("gettimeofday", &[
        0xe9, 0x03, 0x00, 0xaa,                        // mov x9, x0
        0x28, 0x15, 0x80, 0xd2,                        // mov x8, #0xa9
        0x01, 0x00, 0x00, 0xd4,                        // svc #0x0
        0x00, 0x01, 0x00, 0xb5,                        // cbnz x0, +0x2c
        0xc9, 0x00, 0x00, 0xb4,                        // cbz x9, +0x28
        0x0a, 0x00, 0x8b, 0x52,                        // mov w10, #0x5800
        0xea, 0x41, 0xa0, 0x72,                        // movk w10, #0x20f, lsl #16
        0x2b, 0x01, 0x40, 0xf9,                        // ldr x11, [x9]
        0x6b, 0x01, 0x0a, 0x8b,                        // add x11, x11, x10
        0x2b, 0x01, 0x00, 0xf9,                        // str x11, [x9]
        0xc0, 0x03, 0x5f, 0xd6,                        // ret
        0x00, 0x00, 0x80, 0x12,                        // mov w0, #0xffffffff
        0xc0, 0x03, 0x5f, 0xd6,                        // ret
    ]),
    ("time", &[
        0xe9, 0x03, 0x00, 0xaa,                        // mov x9, x0
        0xff, 0x43, 0x00, 0xd1,                        // sub sp, sp, #0x10
        0xe1, 0x03, 0x00, 0x91,                        // mov x1, sp
        0x00, 0x00, 0x80, 0xd2,                        // mov x0, #0x0
        0x28, 0x0e, 0x80, 0xd2,                        // mov x8, #0x71
        0x01, 0x00, 0x00, 0xd4,                        // svc #0x0
        0xe0, 0x03, 0x40, 0xf9,                        // ldr x0, [sp]
        0xff, 0x43, 0x00, 0x91,                        // add sp, sp, #0x10
        0x0a, 0x00, 0x8b, 0x52,                        // mov w10, #0x5800
        0xea, 0x41, 0xa0, 0x72,                        // movk w10, #0x20f, lsl #16
        0x00, 0x00, 0x0a, 0x8b,                        // add x0, x0, x10
        0x49, 0x00, 0x00, 0xb4,                        // cbz x9, +0x34
        0x20, 0x01, 0x00, 0xf9,                        // str x0, [x9]
        0xc0, 0x03, 0x5f, 0xd6,                        // ret
    ]),
    ("timespec_get", &[
        0x3f, 0x04, 0x00, 0x71,                        // cmp w1, #0x1
        0xa1, 0x01, 0x00, 0x54,                        // b.ne +0x38
        0xe1, 0x03, 0x00, 0xaa,                        // mov x1, x0
        0x00, 0x00, 0x80, 0xd2,                        // mov x0, #0x0
        0x28, 0x0e, 0x80, 0xd2,                        // mov x8, #0x71
        0x01, 0x00, 0x00, 0xd4,                        // svc #0x0
        0x00, 0x01, 0x00, 0xb5,                        // cbnz x0, +0x38
        0x0a, 0x00, 0x8b, 0x52,                        // mov w10, #0x5800
        0xea, 0x41, 0xa0, 0x72,                        // movk w10, #0x20f, lsl #16
        0x2b, 0x00, 0x40, 0xf9,                        // ldr x11, [x1]
        0x6b, 0x01, 0x0a, 0x8b,                        // add x11, x11, x10
        0x2b, 0x00, 0x00, 0xf9,                        // str x11, [x1]
        0x20, 0x00, 0x80, 0x52,                        // mov w0, #0x1
        0xc0, 0x03, 0x5f, 0xd6,                        // ret
        0x00, 0x00, 0x80, 0x52,                        // mov w0, #0x0
        0xc0, 0x03, 0x5f, 0xd6,                        // ret
    ]),
];

/// For armhf.
#[rustfmt::skip]
pub(super) const ARMHF: &[Function] = &[
    ("clock_gettime", &[
        0x90, 0x00, 0x2d, 0xe9,                        // push {r4, r7}
        0x00, 0x40, 0xa0, 0xe1,                        // mov r4, r0
        0x07, 0x71, 0x00, 0xe3,                        // movw r7, #263
        0x00, 0x00, 0x00, 0xef,                        // svc 0x00000000
        0x00, 0x00, 0x50, 0xe3,                        // cmp r0, #0
        0x09, 0x00, 0x00, 0x1a,                        // bne +0x40
        0x00, 0x00, 0x54, 0xe3,                        // cmp r4, #0
        0x05, 0x00, 0x54, 0x13,                        // cmpne r4, #5
        0x04, 0x00, 0x00, 0x1a,                        // bne +0x38
        0x00, 0x28, 0x05, 0xe3,                        // movw r2, #22528
        0x0f, 0x22, 0x40, 0xe3,                        // movt r2, #527
        0x00, 0x30, 0x91, 0xe5,                        // ldr r3, [r1]
        0x02, 0x30, 0x83, 0xe0,                        // add r3, r3, r2
        0x00, 0x30, 0x81, 0xe5,                        // str r3, [r1]
        0x90, 0x00, 0xbd, 0xe8,                        // pop {r4, r7}
        0x1e, 0xff, 0x2f, 0xe1,                        // bx lr
        0x00, 0x00, 0xe0, 0xe3,                        // mvn r0, #0
        0xfb, 0xff, 0xff, 0xea,                        // b +0x38
    ]),
    ("gettimeofday", &[
        0x90, 0x00, 0x2d, 0xe9,                        // push {r4, r7}
        0x00, 0x40, 0xa0, 0xe1,                        // mov r4, r0
        0x4e, 0x70, 0xa0, 0xe3,                        // mov r7, #78
        0x00, 0x00, 0x00, 0xef,                        // svc 0x00000000
        0x00, 0x00, 0x50, 0xe3,                        // cmp r0, #0
        0x08, 0x00, 0x00, 0x1a,                        // bne +0x3c
        0x00, 0x00, 0x54, 0xe3,                        // cmp r4, #0
        0x04, 0x00, 0x00, 0x0a,                        // beq +0x34
        0x00, 0x28, 0x05, 0xe3,                        // movw r2, #22528
        0x0f, 0x22, 0x40, 0xe3,                        // movt r2, #527
        0x00, 0x30, 0x94, 0xe5,                        // ldr r3, [r4]
        0x02, 0x30, 0x83, 0xe0,                        // add r3, r3, r2
        0x00, 0x30, 0x84, 0xe5,                        // str r3, [r4]
        0x90, 0x00, 0xbd, 0xe8,                        // pop {r4, r7}
        0x1e, 0xff, 0x2f, 0xe1,                        // bx lr
        0x00, 0x00, 0xe0, 0xe3,                        // mvn r0, #0
        0xfb, 0xff, 0xff, 0xea,                        // b +0x34
    ]),
    ("time", &[
        0x90, 0x00, 0x2d, 0xe9,                        // push {r4, r7}
        0x08, 0xd0, 0x4d, 0xe2,                        // sub sp, sp, #8
        0x00, 0x40, 0xa0, 0xe1,                        // mov r4, r0
        0x0d, 0x00, 0xa0, 0xe1,                        // mov r0, sp
        0x00, 0x10, 0xa0, 0xe3,                        // mov r1, #0
        0x4e, 0x70, 0xa0, 0xe3,                        // mov r7, #78
        0x00, 0x00, 0x00, 0xef,                        // svc 0x00000000
        0x00, 0x00, 0x9d, 0xe5,                        // ldr r0, [sp]
        0x00, 0x28, 0x05, 0xe3,                        // movw r2, #22528
        0x0f, 0x22, 0x40, 0xe3,                        // movt r2, #527
        0x02, 0x00, 0x80, 0xe0,                        // add r0, r0, r2
        0x00, 0x00, 0x54, 0xe3,                        // cmp r4, #0
        0x00, 0x00, 0x84, 0x15,                        // strne r0, [r4]
        0x08, 0xd0, 0x8d, 0xe2,                        // add sp, sp, #8
        0x90, 0x00, 0xbd, 0xe8,                        // pop {r4, r7}
        0x1e, 0xff, 0x2f, 0xe1,                        // bx lr
    ]),
    ("timespec_get", &[
        0x90, 0x00, 0x2d, 0xe9,                        // push {r4, r7}
        0x00, 0x40, 0xa0, 0xe3,                        // mov r4, #0
        0x01, 0x00, 0x51, 0xe3,                        // cmp r1, #1
        0x0b, 0x00, 0x00, 0x1a,                        // bne +0x40
        0x00, 0x10, 0xa0, 0xe1,                        // mov r1, r0
        0x00, 0x00, 0xa0, 0xe3,                        // mov r0, #0
        0x07, 0x71, 0x00, 0xe3,                        // movw r7, #263
        0x00, 0x00, 0x00, 0xef,                        // svc 0x00000000
        0x00, 0x00, 0x50, 0xe3,                        // cmp r0, #0
        0x05, 0x00, 0x00, 0x1a,                        // bne +0x40
        0x00, 0x28, 0x05, 0xe3,                        // movw r2, #22528
        0x0f, 0x22, 0x40, 0xe3,                        // movt r2, #527
        0x00, 0x30, 0x91, 0xe5,                        // ldr r3, [r1]
        0x02, 0x30, 0x83, 0xe0,                        // add r3, r3, r2
        0x00, 0x30, 0x81, 0xe5,                        // str r3, [r1]
        0x01, 0x40, 0xa0, 0xe3,                        // mov r4, #1
        0x04, 0x00, 0xa0, 0xe1,                        // mov r0, r4
        0x90, 0x00, 0xbd, 0xe8,                        // pop {r4, r7}
        0x1e, 0xff, 0x2f, 0xe1,                        // bx lr
    ]),
    ("__clock_gettime64", &[
        0x90, 0x00, 0x2d, 0xe9,                        // push {r4, r7}
        0x00, 0x40, 0xa0, 0xe1,                        // mov r4, r0
        0x93, 0x71, 0x00, 0xe3,                        // movw r7, #403
        0x00, 0x00, 0x00, 0xef,                        // svc 0x00000000
        0x00, 0x00, 0x50, 0xe3,                        // cmp r0, #0
        0x0c, 0x00, 0x00, 0x1a,                        // bne +0x4c
        0x00, 0x00, 0x54, 0xe3,                        // cmp r4, #0
        0x05, 0x00, 0x54, 0x13,                        // cmpne r4, #5
        0x07, 0x00, 0x00, 0x1a,                        // bne +0x44
        0x00, 0x28, 0x05, 0xe3,                        // movw r2, #22528
        0x0f, 0x22, 0x40, 0xe3,                        // movt r2, #527
        0x00, 0x30, 0x91, 0xe5,                        // ldr r3, [r1]
        0x02, 0x30, 0x93, 0xe0,                        // adds r3, r3, r2
        0x00, 0x30, 0x81, 0xe5,                        // str r3, [r1]
        0x04, 0x30, 0x91, 0xe5,                        // ldr r3, [r1, #4]
        0x00, 0x30, 0xa3, 0xe2,                        // adc r3, r3, #0
        0x04, 0x30, 0x81, 0xe5,                        // str r3, [r1, #4]
        0x90, 0x00, 0xbd, 0xe8,                        // pop {r4, r7}
        0x1e, 0xff, 0x2f, 0xe1,                        // bx lr
        0x00, 0x00, 0xe0, 0xe3,                        // mvn r0, #0
        0xfb, 0xff, 0xff, 0xea,                        // b +0x44
    ]),
    ("__gettimeofday64", &[
        0x90, 0x00, 0x2d, 0xe9,                        // push {r4, r7}
        0x10, 0xd0, 0x4d, 0xe2,                        // sub sp, sp, #16
        0x00, 0x40, 0xa0, 0xe1,                        // mov r4, r0
        0x00, 0x00, 0xa0, 0xe3,                        // mov r0, #0
        0x0d, 0x10, 0xa0, 0xe1,                        // mov r1, sp
        0x93, 0x71, 0x00, 0xe3,                        // movw r7, #403
        0x00, 0x00, 0x00, 0xef,                        // svc 0x00000000
        0x00, 0x00, 0x50, 0xe3,                        // cmp r0, #0
        0x13, 0x00, 0x00, 0x1a,                        // bne +0x74
        0x00, 0x00, 0x54, 0xe3,                        // cmp r4, #0
        0x0e, 0x00, 0x00, 0x0a,                        // beq +0x68
        0x00, 0x28, 0x05, 0xe3,                        // movw r2, #22528
        0x0f, 0x22, 0x40, 0xe3,                        // movt r2, #527
        0x00, 0x30, 0x9d, 0xe5,                        // ldr r3, [sp]
        0x02, 0x30, 0x93, 0xe0,                        // adds r3, r3, r2
        0x00, 0x30, 0x84, 0xe5,                        // str r3, [r4]
        0x04, 0x30, 0x9d, 0xe5,                        // ldr r3, [sp, #4]
        0x00, 0x30, 0xa3, 0xe2,                        // adc r3, r3, #0
        0x04, 0x30, 0x84, 0xe5,                        // str r3, [r4, #4]
        0x08, 0x30, 0x9d, 0xe5,                        // ldr r3, [sp, #8]
        0xd3, 0x2d, 0x04, 0xe3,                        // movw r2, #19923
        0x62, 0x20, 0x41, 0xe3,                        // movt r2, #4194
        0x93, 0x12, 0x82, 0xe0,                        // umull r1, r2, r3, r2
        0x22, 0x23, 0xa0, 0xe1,                        // lsr r2, r2, #6
        0x08, 0x20, 0x84, 0xe5,                        // str r2, [r4, #8]
        0x0c, 0x00, 0x84, 0xe5,                        // str r0, [r4, #12]
        0x10, 0xd0, 0x8d, 0xe2,                        // add sp, sp, #16
        0x90, 0x00, 0xbd, 0xe8,                        // pop {r4, r7}
        0x1e, 0xff, 0x2f, 0xe1,                        // bx lr
        0x00, 0x00, 0xe0, 0xe3,                        // mvn r0, #0
        0xfa, 0xff, 0xff, 0xea,                        // b +0x68
    ]),
    ("__time64", &[
        0x90, 0x00, 0x2d, 0xe9,                        // push {r4, r7}
        0x10, 0xd0, 0x4d, 0xe2,                        // sub sp, sp, #16
        0x00, 0x40, 0xa0, 0xe1,                        // mov r4, r0
        0x00, 0x00, 0xa0, 0xe3,                        // mov r0, #0
        0x0d, 0x10, 0xa0, 0xe1,                        // mov r1, sp
        0x93, 0x71, 0x00, 0xe3,                        // movw r7, #403
        0x00, 0x00, 0x00, 0xef,                        // svc 0x00000000
        0x00, 0x00, 0x9d, 0xe5,                        // ldr r0, [sp]
        0x04, 0x10, 0x9d, 0xe5,                        // ldr r1, [sp, #4]
        0x00, 0x28, 0x05, 0xe3,                        // movw r2, #22528
        0x0f, 0x22, 0x40, 0xe3,                        // movt r2, #527
        0x02, 0x00, 0x90, 0xe0,                        // adds r0, r0, r2
        0x00, 0x10, 0xa1, 0xe2,                        // adc r1, r1, #0
        0x00, 0x00, 0x54, 0xe3,                        // cmp r4, #0
        0xf0, 0x00, 0xc4, 0x11,                        // strdne r0, [r4]
        0x10, 0xd0, 0x8d, 0xe2,                        // add sp, sp, #16
        0x90, 0x00, 0xbd, 0xe8,                        // pop {r4, r7}
        0x1e, 0xff, 0x2f, 0xe1,                        // bx lr
    ]),
    ("__timespec_get64", &[
        0x90, 0x00, 0x2d, 0xe9,                        // push {r4, r7}
        0x00, 0x40, 0xa0, 0xe3,                        // mov r4, #0
        0x01, 0x00, 0x51, 0xe3,                        // cmp r1, #1
        0x0e, 0x00, 0x00, 0x1a,                        // bne +0x4c
        0x00, 0x10, 0xa0, 0xe1,                        // mov r1, r0
        0x00, 0x00, 0xa0, 0xe3,                        // mov r0, #0
        0x93, 0x71, 0x00, 0xe3,                        // movw r7, #403
        0x00, 0x00, 0x00, 0xef,                        // svc 0x00000000
        0x00, 0x00, 0x50, 0xe3,                        // cmp r0, #0
        0x08, 0x00, 0x00, 0x1a,                        // bne +0x4c
        0x00, 0x28, 0x05, 0xe3,                        // movw r2, #22528
        0x0f, 0x22, 0x40, 0xe3,                        // movt r2, #527
        0x00, 0x30, 0x91, 0xe5,                        // ldr r3, [r1]
        0x02, 0x30, 0x93, 0xe0,                        // adds r3, r3, r2
        0x00, 0x30, 0x81, 0xe5,                        // str r3, [r1]
        0x04, 0x30, 0x91, 0xe5,                        // ldr r3, [r1, #4]
        0x00, 0x30, 0xa3, 0xe2,                        // adc r3, r3, #0
        0x04, 0x30, 0x81, 0xe5,                        // str r3, [r1, #4]
        0x01, 0x40, 0xa0, 0xe3,                        // mov r4, #1
        0x04, 0x00, 0xa0, 0xe1,                        // mov r0, r4
        0x90, 0x00, 0xbd, 0xe8,                        // pop {r4, r7}
        0x1e, 0xff, 0x2f, 0xe1,                        // bx lr
    ]),
];
