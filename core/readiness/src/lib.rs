//! Whether a device would wake its owner now, and what to do if not.
