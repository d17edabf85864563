//! CSV.

use flagstate_catalog::Catalog;
use flagstate_exposure::Assessment;

/// An assessment.
pub fn assessment(_a: &Assessment, _catalog: &Catalog) -> String {
    "workload,harm,instrument,verdict\r\n".into()
}
