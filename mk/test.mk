# Tests and checks; tests/driver.sh runs the suites and counts.
