//! Dates as RFC 9110, 5.6.7 writes them, counted out by years and months.

/// One of the three formats of HTTP.
#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the preferred one.
    Preferred,
    /// `Sunday, 06-Nov-94 08:49:37 GMT`, RFC 850's.
    Rfc850,
    /// `Sun Nov  6 08:49:37 1994`, that of C's `asctime`.
    Asctime,
}

const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [(&str, u32); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];

/// So many seconds after 1970 began, before 2069: until then the two digits of a year in RFC 850's format are clear.
pub(super) fn written(seconds: u32, format: Format) -> String {
    let weekday = WEEKDAYS[(seconds / 86_400) as usize % 7];
    let mut day = seconds / 86_400;
    let mut year = 1970;
    while day >= 365 + leap_day(year) {
        day -= 365 + leap_day(year);
        year += 1;
    }
    let mut month = 0;
    let length = |month: usize| MONTHS[month].1 + if month == 1 { leap_day(year) } else { 0 };
    while day >= length(month) {
        day -= length(month);
        month += 1;
    }
    let day = day + 1;
    let (short, month) = (&weekday[..3], MONTHS[month].0);
    let time = format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match format {
        Format::Preferred => format!("{short}, {day:02} {month} {year} {time} GMT"),
        Format::Rfc850 => format!("{weekday}, {day:02}-{month}-{:02} {time} GMT", year % 100),
        Format::Asctime => format!("{short} {month} {day:2} {time} {year}"),
    }
}

/// How many leap days the year has. 2000 had one, 2100 is too far.
fn leap_day(year: u32) -> u32 {
    u32::from(year % 4 == 0)
}
