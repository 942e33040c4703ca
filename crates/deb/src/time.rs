//! Points in time as archives write them, in seconds since 1970 in UTC.
//!
//! Release files use RFC 2822 (`Sat, 10 Jan 2026 09:41:12 UTC`), snapshots use
//! `20260110T094112Z`, people use `2026-01-10`. No clock is asked here.

use std::fmt;

const DAY: i64 = 86_400;
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Text that is not a time in the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a time like `{expected}`, found `{found}`")]
pub struct TimeError {
    /// An example of the form.
    pub expected: &'static str,
    /// What stood there, cut to 40 characters.
    pub found: String,
}

impl TimeError {
    fn new(expected: &'static str, found: &str) -> Self {
        Self {
            expected,
            found: found.chars().take(40).collect(),
        }
    }
}

impl Timestamp {
    /// Reads the form of a Release file's `Date`; the name of the day is not checked.
    pub fn parse_rfc2822(text: &str) -> Result<Self, TimeError> {
        rfc2822(text).ok_or_else(|| TimeError::new("Sat, 10 Jan 2026 09:41:12 UTC", text))
    }

    /// Reads the form of a snapshot: `20260901T000000Z`.
    pub fn parse_snapshot(text: &str) -> Result<Self, TimeError> {
        snapshot(text).ok_or_else(|| TimeError::new("20260901T000000Z", text))
    }

    /// Reads a day, `2026-12-31`, as its first second.
    pub fn parse_date(text: &str) -> Result<Self, TimeError> {
        date(text).ok_or_else(|| TimeError::new("2026-12-31", text))
    }

    /// Reads the form that `Display` writes: `2026-11-22T10:00:00Z`.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        rfc3339(text).ok_or_else(|| TimeError::new("2026-11-22T10:00:00Z", text))
    }

    /// The day, `2026-11-22`.
    pub fn date(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The form of a snapshot, `20260901T000000Z`.
    pub fn snapshot(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        let (hour, minute, second) = self.clock();
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    fn clock(self) -> (i64, i64, i64) {
        let seconds = self.0.rem_euclid(DAY);
        (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = self.clock();
        write!(
            formatter,
            "{}T{hour:02}:{minute:02}:{second:02}Z",
            self.date()
        )
    }
}

fn rfc2822(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let text = match text.split_once(',') {
        Some((weekday, rest)) if weekday.len() == 3 => rest,
        Some(_) => return None,
        None => text,
    };
    let mut words = text.split_ascii_whitespace();
    let day = number(words.next()?, 1..=2)?;
    let month_name = words.next()?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| *name == month_name)? as i64 + 1;
    let year = number(words.next()?, 4..=4)?;
    let clock = clock_seconds(words.next()?)?;
    let offset = zone_seconds(words.next()?)?;
    if words.next().is_some() {
        return None;
    }
    Some(Timestamp(days(year, month, day)? * DAY + clock - offset))
}

fn snapshot(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z')?;
    let (day, clock) = text.split_once('T')?;
    if !text.is_ascii() || day.len() != 8 || clock.len() != 6 {
        return None;
    }
    let days = days(
        number(&day[..4], 4..=4)?,
        number(&day[4..6], 2..=2)?,
        number(&day[6..], 2..=2)?,
    )?;
    let clock = clock_of(
        number(&clock[..2], 2..=2)?,
        number(&clock[2..4], 2..=2)?,
        number(&clock[4..], 2..=2)?,
    )?;
    Some(Timestamp(days * DAY + clock))
}

fn date(text: &str) -> Option<Timestamp> {
    let mut parts = text.split('-');
    let days = days(
        number(parts.next()?, 4..=4)?,
        number(parts.next()?, 2..=2)?,
        number(parts.next()?, 2..=2)?,
    )?;
    parts.next().is_none().then_some(Timestamp(days * DAY))
}

fn rfc3339(text: &str) -> Option<Timestamp> {
    let (day, clock) = text.strip_suffix('Z')?.split_once('T')?;
    (clock.len() == 8).then_some(())?;
    Some(Timestamp(date(day)?.0 + clock_seconds(clock)?))
}

/// Reads `09:41:12` (or `9:41:12`, `09:41`).
fn clock_seconds(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hour = number(parts.next()?, 1..=2)?;
    let minute = number(parts.next()?, 2..=2)?;
    let second = parts.next().map_or(Some(0), |part| number(part, 2..=2))?;
    parts
        .next()
        .is_none()
        .then(|| clock_of(hour, minute, second))?
}

fn clock_of(hour: i64, minute: i64, second: i64) -> Option<i64> {
    // 60 is a leap second, which Unix time folds into the next minute.
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

fn zone_seconds(text: &str) -> Option<i64> {
    if matches!(text, "UTC" | "GMT" | "UT" | "Z") {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let value = number(digits, 4..=4)?;
    (value % 100 < 60).then_some(sign * (value / 100 * 3600 + value % 100 * 60))
}

fn number(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let plain = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Days since 1970-01-01 of a day of the Gregorian calendar, if it exists.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last of its year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The inverse of `days`: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_agree() {
        let expected = Timestamp(1_768_038_072);
        for text in [
            "Sat, 10 Jan 2026 09:41:12 UTC",
            "Sat, 10 Jan 2026 09:41:12 GMT",
            "10 Jan 2026 09:41:12 +0000",
            "Sat, 10 Jan 2026 11:41:12 +0200",
            "Sat, 10 jan 2026 04:11:12 -0530",
        ] {
            assert_eq!(Timestamp::parse_rfc2822(text), Ok(expected), "{text}");
        }
        assert_eq!(Timestamp::parse_snapshot("20260110T094112Z"), Ok(expected));
        assert_eq!(
            Timestamp::parse_rfc3339("2026-01-10T09:41:12Z"),
            Ok(expected)
        );
        assert_eq!(expected.to_string(), "2026-01-10T09:41:12Z");
        assert_eq!(expected.snapshot(), "20260110T094112Z");
        assert_eq!(expected.date(), "2026-01-10");
        assert_eq!(
            Timestamp::parse_date("2026-01-10").map(|time| time.to_string()),
            Ok("2026-01-10T00:00:00Z".to_owned())
        );
    }

    #[test]
    fn every_day_of_eight_centuries_round_trips() {
        let mut previous = Timestamp::parse_date("1699-12-31").expect("a date").0;
        for year in 1700..2500 {
            for (month, length) in (1..).zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                for day in 1..=length + i64::from(month == 2 && leap) {
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    let time = Timestamp::parse_date(&text).expect("a date");
                    assert_eq!(time.0, previous + DAY, "{text}");
                    assert_eq!(time.date(), text);
                    previous = time.0;
                }
            }
        }
    }

    #[test]
    fn wrong_text_is_refused() {
        for bad in [
            "",
            "2026",
            "Sat, 31 Feb 2026 09:41:12 UTC",
            "Sat, 10 Jan 26 09:41:12 UTC",
            "Sat, 10 Jan 2026 24:00:00 UTC",
            "Sat, 10 Jan 2026 09:41:12 CET",
            "Sat, 10 Jan 2026 09:41:12",
            "Sat, 10 Jan 2026 09:41:12 +00é",
            "Sat, 10 Jan 2026 09:41:12 UTC extra",
            "Saturday, 10 Jan 2026 09:41:12 UTC",
        ] {
            assert!(Timestamp::parse_rfc2822(bad).is_err(), "{bad}");
        }
        for bad in [
            "20260110T094112",
            "2026011T0094112Z",
            "20261310T094112Z",
            "2026é10T094112Z",
            "+0260110T094112Z",
        ] {
            assert!(Timestamp::parse_snapshot(bad).is_err(), "{bad}");
        }
        for bad in [
            "2026-1-10",
            "2026-02-29",
            "2026-01-10-",
            "-026-01-10",
            "2026-00-10",
            "2026-01-00",
        ] {
            assert!(Timestamp::parse_date(bad).is_err(), "{bad}");
        }
        assert!(Timestamp::parse_rfc3339("2026-01-10T9:41:12Z").is_err());
    }

    #[test]
    fn times_before_1970_and_far_away_print() {
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59Z");
        assert!(!Timestamp(i64::MAX).to_string().is_empty());
        assert!(!Timestamp(i64::MIN).to_string().is_empty());
    }
}
