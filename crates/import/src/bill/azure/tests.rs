//! Tests of Azure usage details: header languages, tags without braces, `EU`.
use crate::{Format, bill::focus::tests::import};

#[test]
fn german_headers_tags_without_braces_and_eu() {
    let text = "\u{feff}Abonnement-ID (SubscriptionId);Ressourcenstandort (ResourceLocation);Kategorie (MeterCategory);Kosten (CostInBillingCurrency);W\u{e4}hrung (BillingCurrency);Ressourcen-ID (ResourceId);Tags;Herausgeber (PublisherName)\n\
        s1;EU;Virtual Machines;1.5;EUR;/subscriptions/s1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v;\"\"\"app\"\": \"\"shop\"\",\"\"env\"\": \"\"prod\"\"\";Microsoft\n\
        s1;westeurope;Virtual Machines;0.5;EUR;/SUBSCRIPTIONS/S1/resourcegroups/g/providers/microsoft.compute/virtualmachines/w;;Microsoft\n";
    let (format, estate) = import("bill.csv", text.as_bytes()).unwrap();
    assert_eq!(format, Format::AzureBill);
    let v = &estate.resources[0];
    assert_eq!(v.region.as_deref(), Some("eastus"));
    assert_eq!(v.tags.get("env").map(String::as_str), Some("prod"));
    assert_eq!(v.contracting_entity.as_deref(), Some("Microsoft"));
    assert_eq!(
        estate.resources[1].id,
        "/subscriptions/s1/resourcegroups/g/providers/microsoft.compute/virtualmachines/w"
    );
}

#[test]
fn reservations_are_money() {
    let text = "SubscriptionId,ResourceLocation,MeterCategory,Cost,ResourceId,ChargeType\n\
        s1,westeurope,Virtual Machines,100,/providers/Microsoft.Capacity/reservationOrders/o/reservations/r,Purchase\n\
        s1,westeurope,Unassigned,1,,Refund\n";
    let (_, estate) = import("bill.csv", text.as_bytes()).unwrap();
    let l = &estate.inputs[0];
    assert_eq!((l.rows, l.resources, l.ignored.values().sum::<u64>()), (2, 0, 2));
    assert!(l.notes.iter().any(|n| n.contains("100.00")), "{:?}", l.notes);
}
