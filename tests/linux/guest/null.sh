# Boots, and that is all.
echo "null: up"
