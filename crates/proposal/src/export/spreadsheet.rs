//! The table of requirements as a spreadsheet: a sheet for what is served, one for what is not.

use formwork_model::documents::Flat;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
    XlsxError,
};

use super::date;
use super::requirements::{COLUMNS, Row, cells};
use crate::formats;

/// A spreadsheet could not be made: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the spreadsheet cannot be made: {0}")]
pub struct SpreadsheetError(#[from] XlsxError);

/// The widths of the columns, in characters.
const WIDTHS: [f64; 8] = [15.0, 46.0, 9.0, 16.0, 26.0, 40.0, 20.0, 30.0];

/// The workbook as a file.
pub(super) fn workbook(flat: &Flat, rows: &[Row]) -> Result<Vec<u8>, SpreadsheetError> {
    let mut book = Workbook::new();
    let title = formats::headline(flat);
    // The date of making would differ each time; that of the Releases is what counts.
    let properties = DocProperties::new()
        .set_title(&title)
        .set_subject("Requirements and the packages that serve them")
        .set_creation_datetime(&created(&date(flat))?);
    book.set_properties(&properties);
    let (met, unmet): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_met());
    sheet(book.add_worksheet(), "Requirements", &met, &COLUMNS)?;
    let mut columns = COLUMNS;
    columns[5] = "candidates";
    sheet(book.add_worksheet(), "Not served", &unmet, &columns)?;
    Ok(book.save_to_buffer()?)
}

/// A day such as `2026-11-22`.
fn created(day: &str) -> Result<ExcelDateTime, XlsxError> {
    let mut parts = day.split('-').map(|part| part.parse::<u16>().unwrap_or(1));
    let mut next = || parts.next().unwrap_or(1);
    let (year, month, day) = (next(), next(), next());
    let small = |number: u16| u8::try_from(number).unwrap_or(1);
    // Excel knows no day before 1900.
    ExcelDateTime::from_ymd(year.max(1980), small(month), small(day))
}

/// One sheet: a heading that stays, a filter, and a row for each requirement.
fn sheet(
    sheet: &mut Worksheet,
    name: &str,
    rows: &[&Row],
    columns: &[&str; 8],
) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    let heading = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00E8_EDF2))
        .set_border_bottom(FormatBorder::Thin)
        .set_align(FormatAlign::Top);
    let plain = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (column, (title, width)) in (0_u16..).zip(columns.iter().zip(WIDTHS)) {
        sheet.write_string_with_format(0, column, *title, &heading)?;
        sheet.set_column_width(column, width)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        let mut cells = cells(row);
        if !row.is_met() {
            cells[5] = row.candidates.join(", ");
        }
        for (column, cell) in (0_u16..).zip(&cells) {
            sheet.write_string_with_format(line, column, cell, &plain)?;
        }
    }
    let last = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    sheet.autofilter(0, 0, last, 7)?;
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}
