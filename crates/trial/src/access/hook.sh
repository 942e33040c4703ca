# Read by the init of initramfs-tools: our script runs when the root file system is mounted.
if [ -e /formwork/install ]; then
	mkdir -p /scripts/init-bottom
	if [ -e /scripts/init-bottom/ORDER ]; then
		cat /scripts/init-bottom/ORDER >/formwork/order
	else
		echo : >/formwork/order
	fi
	{
		# It is read, not run: what it sets counts for init itself.
		echo 'sh /formwork/install'
		echo 'if [ -e /formwork/init ]; then init=/run/formwork/init; fi'
		cat /formwork/order
	} >/scripts/init-bottom/ORDER
fi
