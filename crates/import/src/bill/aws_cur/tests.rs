//! Tests of the AWS report: both spellings, savings plans, fees.
use crate::{Format, bill::focus::tests::import};

const LEGACY: &str = "\
bill/InvoicingEntity,bill/PayerAccountId,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/ProductCode,lineItem/UsageType,lineItem/AvailabilityZone,lineItem/ResourceId,lineItem/CurrencyCode,lineItem/UnblendedCost,lineItem/LegalEntity,product/ProductName,product/regionCode,savingsPlan/SavingsPlanEffectiveCost,resourceTags/user:App
Amazon Web Services EMEA SARL,1,111,SavingsPlanCoveredUsage,AmazonEC2,EUC1-BoxUsage:m5.large,,i-0123456789abcdef0,USD,10,Amazon Web Services EMEA SARL,Amazon Elastic Compute Cloud,eu-central-1,4,shop
Amazon Web Services EMEA SARL,1,111,SavingsPlanNegation,ComputeSavingsPlans,EUC1-BoxUsage:m5.large,,arn:aws:savingsplans::111:savingsplan/x,USD,-10,Amazon Web Services EMEA SARL,Savings Plans for AWS Compute usage,,,
Amazon Web Services EMEA SARL,1,111,Usage,AmazonS3,EUC1-TimedStorage-ByteHrs,,my-bucket,USD,3,Amazon Web Services EMEA SARL,Amazon Simple Storage Service,,,
Amazon Web Services EMEA SARL,1,111,Tax,AmazonS3,,,,USD,1,Amazon Web Services EMEA SARL,Amazon Simple Storage Service,,,
";

#[test]
fn both_spellings_read_alike() {
    let (format, legacy) = import("cur.csv", LEGACY.as_bytes()).unwrap();
    assert_eq!(format, Format::AwsCur);
    let header = LEGACY.lines().next().unwrap();
    let new = "bill_invoicing_entity,bill_payer_account_id,line_item_usage_account_id,line_item_line_item_type,line_item_product_code,line_item_usage_type,line_item_availability_zone,line_item_resource_id,line_item_currency_code,line_item_unblended_cost,line_item_legal_entity,product_product_name,product_region_code,savings_plan_savings_plan_effective_cost,resource_tags_user_App";
    let (_, two) = import("cur.csv", LEGACY.replace(header, new).as_bytes()).unwrap();
    let json = |e: &flagstate_estate::Estate| serde_json::to_string(&e.resources).unwrap();
    assert_eq!(json(&legacy), json(&two));
    let l = &legacy.inputs[0];
    assert_eq!((l.rows, l.resources, l.merged, l.unknown), (4, 2, 0, 0));
}

#[test]
fn effective_cost_region_and_keys() {
    let (_, estate) = import("cur.csv", LEGACY.as_bytes()).unwrap();
    let vm = estate.resources.iter().find(|r| r.id.contains("i-0123")).unwrap();
    assert_eq!(vm.cost.display(), "4.00 USD");
    assert_eq!(vm.tags.get("App").map(String::as_str), Some("shop"));
    let bucket = estate.resources.iter().find(|r| r.id == "arn:aws:s3:::my-bucket").unwrap();
    assert_eq!(bucket.region.as_deref(), Some("eu-central-1"), "from the prefix of the usage type");
    assert_eq!(bucket.contracting_entity.as_deref(), Some("Amazon Web Services EMEA SARL"));
}
