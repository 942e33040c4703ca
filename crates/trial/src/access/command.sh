# Runs the command of `formwork run` and tells the host how it ended.
. /run/formwork/command.settings
export HOME=/root PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
cd /root 2>/dev/null || cd /
here=/run/formwork

# The device of the virtio-serial port of this name.
port() {
	for entry in /sys/class/virtio-ports/*; do
		name=
		if [ -r "$entry/name" ]; then
			read -r name <"$entry/name"
		fi
		if [ "$name" = "formwork.$1" ]; then
			echo "/dev/${entry##*/}"
			return 0
		fi
	done
	return 1
}

# All ports; they appear one after another.
ports() {
	control=$(port control) && output=$(port output) && errors=$(port errors) &&
		from=$(port input)
}

modprobe virtio_console 2>/dev/null
tries=0
until ports; do
	tries=$((tries + 1))
	if [ ! -d /sys/class/virtio-ports ] || [ "$tries" -gt 50 ]; then
		from=
		# Serial lines stand in; shell words are what we want here.
		# shellcheck disable=SC2086
		control_output_errors() { control=/dev/$1 output=/dev/$2 errors=/dev/$3; }
		[ -n "$lines" ] || break
		control_output_errors $lines
		for line in $lines; do
			stty raw -echo <"/dev/$line"
		done
		break
	fi
	sleep 0.1 2>/dev/null || sleep 1
done

exec 7>"$control" || exit 1
if [ -n "$input" ] && [ -z "$from" ]; then
	echo 'failed no way for standard input' >&7
	exit 1
fi
if [ -z "$input" ]; then
	from=/dev/null
fi

# Pipes, as a port can be opened only once, and programs open /dev/stderr again.
mkfifo -m 600 "$here/output" "$here/errors"
cat "$here/output" >"$output" 7>&- &
cat "$here/errors" >"$errors" 7>&- &
exec 8>"$here/output" 9>"$here/errors"
echo ready >&7
"$@" <"$from" >&8 2>&9 7>&- 8>&- 9>&-
code=$?
printf %s "$end" >&8
printf %s "$end" >&9
echo "exit $code" >&7
exec 7>&- 8>&- 9>&-
if [ -d /run/systemd/system ]; then
	systemctl poweroff --no-block
else
	poweroff || poweroff -f
fi
