# An address for the secure shell: the image's own, else the one that QEMU's network has for us.
mkdir -p /run/sshd
tries=0
while [ "$tries" -lt 30 ]; do
	if ip -4 -o address show scope global | grep -q inet; then
		exit 0
	fi
	tries=$((tries + 1))
	sleep 0.5 2>/dev/null || sleep 1
done
for card in /sys/class/net/*; do
	name=${card##*/}
	if [ "$name" != lo ]; then
		ip link set "$name" up
		ip address add 10.0.2.15/24 dev "$name"
		ip route add default via 10.0.2.2
		exit 0
	fi
done
