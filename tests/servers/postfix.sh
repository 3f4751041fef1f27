# Runs as root and keeps a private Postfix in the folder $1 for as long as its starter lives. Standard input is a pipe
# from the starter: a line `keep` stops Postfix and leaves its mail; the end of the pipe stops it and removes all.
dir=$1
umask 022
mkdir -p "$dir/queue/pid" "$dir/data"
chown postfix "$dir/data"
for name in active bounce corrupt defer deferred flush hold incoming private public maildrop saved trace; do
  mkdir -p "$dir/queue/$name"
  chmod 700 "$dir/queue/$name"
  chown postfix "$dir/queue/$name"
done
# Written by root, read by who runs the test.
: >>"$dir/maillog"
chmod 644 "$dir/maillog"
# Not by `postfix start-fg`: the shell that it leaves in between would be in another group than the servers.
master=$(postconf -c "$dir" -h daemon_directory)/master
setsid "$master" -s -c "$dir" </dev/null >"$dir/output" 2>&1 &
group=$!
echo "$group" >"$dir/pid"
# Only now: the servers would inherit it.
trap '' INT TERM HUP
read -r word
kill -s TERM -- "-$group" 2>/dev/null
# The master is looked at, and not the group: children that it left are the system's to bury, in its own time.
tries=0
while grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$group/status" && [ "$tries" -lt 50 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
kill -s KILL -- "-$group" 2>/dev/null
wait "$group" 2>/dev/null
if [ "$word" != keep ]; then rm -rf -- "$dir"; fi
