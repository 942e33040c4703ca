//! Trying an image out: the virtual machine, its console, and what is asked of the guest.
