# A shell for root on the console, where a person sits.
. /run/formwork/console.settings
export TERM
stty rows "$rows" columns "$columns" 2>/dev/null
if [ -x /bin/login ]; then
	exec /bin/login -p -f root
fi
if [ -x /bin/cttyhack ]; then
	exec /bin/cttyhack /bin/sh -l
fi
exec /bin/sh -l
