//! Shifts as iCalendar feeds, and holidays and shifts read from iCalendar files.
