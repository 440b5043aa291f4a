# Asks the machine for a reset.
reboot -f
sleep 100
