//! The load report: what being on call cost, from the log alone.
