//! Push services as their vendors document them, on this machine, told to misbehave at will.
