# Makes of the second disk one that is locked, of the third one a volume, and puts a copy of what
# runs here on each: without what the boot of a test needs not.
fill() {
	mkfs.ext4 -q "$1"
	mount "$1" /mnt
	tar -C / --one-file-system --exclude=./usr/lib/modules --exclude=./boot \
		--exclude=./usr/share/doc --exclude=./usr/share/locale --exclude=./usr/share/man \
		--exclude=./var/cache --exclude=./var/lib/apt --exclude=./etc/repart.d -c . |
		tar -C /mnt -x
	echo "$1 / ext4 defaults 0 1" >/mnt/etc/fstab
	umount /mnt
}

vgcreate band /dev/vdc
lvcreate --yes --extents 100%FREE --name root band
fill /dev/mapper/band-root
vgchange --activate n band

printf %s 'open sesame' >/run/secret
cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
	--uuid 00000000-0000-4000-8000-000000000001 --key-file /run/secret /dev/vdb
cryptsetup open --key-file /run/secret /dev/vdb vault
fill /dev/mapper/vault
cryptsetup close vault
