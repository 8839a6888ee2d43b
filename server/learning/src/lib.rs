//! Learning from trouble: causes written down, runbooks, similar tickets.
