//! Dates of toy archives: seconds since 1970 from and to text, in UTC.

/// Seconds since 1970 of `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SSZ`.
///
/// # Panics
/// On any other form: the caller is a test.
#[must_use]
pub fn seconds(text: &str) -> i64 {
    let part = |from: usize, to: usize| -> i64 {
        text.get(from..to)
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_else(|| panic!("not a date: {text}"))
    };
    let day = days_from_civil(part(0, 4), part(5, 7), part(8, 10));
    match text.len() {
        10 => day * 86_400,
        20 => day * 86_400 + part(11, 13) * 3_600 + part(14, 16) * 60 + part(17, 19),
        _ => panic!("not a date: {text}"),
    }
}

/// The form of `Date` and `Valid-Until` in a Release file: `Sun, 22 Nov 2026 10:00:00 UTC`.
#[must_use]
pub fn release_date(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    format!(
        "{}, {day:02} {} {year} {:02}:{:02}:{:02} UTC",
        DAYS[days.rem_euclid(7) as usize],
        MONTHS[(month - 1) as usize],
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Days since 1970-01-01 of a date in the Gregorian calendar (Howard Hinnant's algorithm).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_known_ones() {
        for (text, expected, release) in [
            ("1970-01-01", 0, "Thu, 01 Jan 1970 00:00:00 UTC"),
            (
                "2024-02-29T12:34:56Z",
                1_709_210_096,
                "Thu, 29 Feb 2024 12:34:56 UTC",
            ),
            (
                "2026-11-22T10:00:00Z",
                1_795_341_600,
                "Sun, 22 Nov 2026 10:00:00 UTC",
            ),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
            assert_eq!(release_date(expected), release);
        }
    }
}
