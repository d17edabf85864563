//! Tests of the OCI report.
use crate::{Format, bill::focus::tests::import};

#[test]
fn realm_regions_and_tags() {
    let text = "lineItem/tenantId,product/service,product/compartmentName,product/region,product/resourceId,cost/currencyCode,cost/myCost,tags/CreatedBy.App\n\
        ocid1.tenancy.oc1..t,COMPUTE,prod,eu-frankfurt-1,ocid1.instance.oc1.eu-frankfurt-1.x,EUR,1.25,shop\n\
        ocid1.tenancy.oc1..t,COMPUTE,prod,,ocid1.instance.oc1.eu-frankfurt-1.y,EUR,1,\n";
    let (format, estate) = import("oci.csv", text.as_bytes()).unwrap();
    assert_eq!(format, Format::OciBill);
    assert_eq!(estate.resources.len(), 2);
    assert!(estate.resources.iter().all(|r| r.region.as_deref() == Some("eu-frankfurt-1")), "{:?}", estate.resources);
    assert_eq!(estate.resources[0].group.as_deref(), Some("prod"));
    assert_eq!(estate.resources[0].tags.get("CreatedBy.App").map(String::as_str), Some("shop"));
}
