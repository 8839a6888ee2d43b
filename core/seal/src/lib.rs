//! Push payloads that only one device can read.
