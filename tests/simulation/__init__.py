"""The whole product on one thread, under a virtual clock: one seed is one schedule of mishaps."""
