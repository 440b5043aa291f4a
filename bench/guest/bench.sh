# Boot is over; then the operations, each counted between its markers.
/tests/bench up
/tests/bench null read stat open signal pipe fault fork exec shell user
