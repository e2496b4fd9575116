"""Sources as people see them: where a collection is filled from, what a sync did, and who may ask for one."""
