/**
 * The shell program under which a script of an app runs, in a session of its own: whatever becomes of the agent, it
 * ends the script at its deadline, bounds its output, ends what it leaves behind, and writes down how it ended.
 *
 * In the job folder: `owner` (who runs it), `head`, `tail` and `cut` (its output: the first bytes, the last bytes of
 * what came after them, and how many came after them), `result` (exit status and seconds).
 */
export const SHIM = String.raw`
job=$1 id=$2 deadline=$3 grace=$4 most=$5 user=$6 cwd=$7 mask=$8
shift 8
umask 077
cd "$job" || exit 1

# Whoever links first runs the script. An agent that comes back after a crash may start a second one.
started=$(sed 's/.*) //' "/proc/$$/stat" | cut -d ' ' -f 20)
echo "$$ $(cat /proc/sys/kernel/random/boot_id) $started" > "owner.$$"
ln "owner.$$" owner 2> /dev/null
lost=$?
rm -f "owner.$$"
[ "$lost" = 0 ] || exit 0

if [ -n "$user" ]; then
  HOME=$(getent passwd "$user" | cut -d : -f 6)
  export HOME
  set -- setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
fi

mkfifo pipe count
{
  wc -c < count > cut &
  stdbuf -o0 head -c "$most" > head
  tee count | tail -c 65536 > tail
  wait
  : > drained
} < pipe 2> /dev/null &

begun=$(date +%s)
( umask "$mask" && cd "$cwd" && unset OLDPWD && exec env SKEIN_JOB="$id" timeout -k "$grace" "$deadline" "$@" ) > pipe 2>&1 < /dev/null &
script=$!
wait "$script"
code=$?
seconds=$(( $(date +%s) - begun ))

kill -KILL "-$script" 2> /dev/null
looks=0
while [ "$looks" -lt 100 ]; do
  looks=$(( looks + 1 ))
  found=$(grep -lzxF "SKEIN_JOB=$id" /proc/[0-9]*/environ 2> /dev/null)
  [ -n "$found" ] || break
  for each in $found; do
    kill -KILL "$(echo "$each" | cut -d / -f 3)" 2> /dev/null
  done
done

looks=0
until [ -e drained ] || [ "$looks" -ge 40 ]; do
  looks=$(( looks + 1 ))
  sleep 0.05
done
# A process that wiped its environment may still hold the output open: it ends, and so does whoever reads from it.
[ -e drained ] || find /proc/[0-9]*/fd -lname "$job/pipe" 2> /dev/null | cut -d / -f 3 | sort -u | xargs -r kill -KILL
rm -f pipe count
echo "$code $seconds" > result.new && mv result.new result
`;
