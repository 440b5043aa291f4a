# Never ends, and says so.
echo "hang: waiting"
while :; do sleep 1000; done
