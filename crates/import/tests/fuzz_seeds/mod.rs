//! Small inputs of every format, written for fuzzing: each is read without an error before it is damaged.

use std::{io::Write as _, sync::Arc};

use flagstate_import::Format;
use parquet::{
    data_type::{ByteArray, ByteArrayType, DoubleType},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

/// One seed: its format, a file name, its bytes.
pub(crate) struct Seed {
    pub(crate) format: Format,
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

const FOCUS: &str = r#"ProviderName,PublisherName,InvoiceIssuerName,BillingAccountId,SubAccountId,SubAccountName,BillingCurrency,BilledCost,EffectiveCost,ChargeCategory,ServiceCategory,ServiceName,ResourceId,ResourceName,ResourceType,RegionId,RegionName,Tags
AWS,AWS,"Amazon Web Services EMEA SARL",100000000001,200000000001,records,EUR,1.25,1.0000000001,Usage,Storage,AmazonS3,arn:aws:s3:::seed-records,seed-records,Bucket,eu-central-1,EU (Frankfurt),"{""team"":""care"",""note"":""a \""quoted\"" word""}"
Microsoft,NULL,Microsoft,100000000001,3f0e0000-0000-4000-8000-000000000001,portal,EUR,-2e-7,0,Credit,Databases,Azure SQL,/subscriptions/3f0e0000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Sql/servers/s1,s1,,westeurope,West Europe,
"#;

const AWS_CUR: &str = "identity/LineItemId,bill/BillingEntity,bill/InvoicingEntity,bill/PayerAccountId,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/ProductCode,lineItem/UsageType,lineItem/ResourceId,lineItem/UnblendedCost,lineItem/CurrencyCode,lineItem/LegalEntity,product/region,product/servicecode,resourceTags/user:team
a1,AWS,\"Amazon Web Services EMEA SARL\",100000000001,200000000001,Usage,AmazonEC2,EUC1-BoxUsage:m5.large,i-0abc0000000000001,0.0960000000,USD,\"Amazon Web Services EMEA SARL\",eu-central-1,AmazonEC2,care
a2,AWS,,100000000001,200000000001,Tax,AmazonEC2,,,0.02,USD,,,,\n";

const AZURE_BILL: &str = "InvoiceSectionName,SubscriptionId,SubscriptionName,ResourceGroup,ResourceLocation,Date,MeterCategory,MeterSubCategory,MeterRegion,CostInBillingCurrency,BillingCurrencyCode,ConsumedService,ResourceId,ResourceName,Tags,PublisherType,PublisherName,ChargeType
Care,3f0e0000-0000-4000-8000-000000000001,portal,rg,EU West,09/30/2026,Virtual Machines,Dv5,EU West,\"1.234,56\",EUR,Microsoft.Compute,/subscriptions/3f0e0000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1,vm1,\"\"\"team\"\": \"\"care\"\"\",Azure,Microsoft,Usage\n";

const GCP_BILL: &str = "billing_account_id,service.id,service.description,sku.description,usage_start_time,project.id,project.name,labels,location.location,location.region,cost,currency,resource.name,resource.global_name,cost_type
000000-AAAAAA-BBBBBB,6F81-5844-456A,Compute Engine,N2 core,2026-09-01 00:00:00+00:00,care,Care,\"[{'key': 'team', 'value': 'care'}]\",europe-west3,europe-west3,5e-06,EUR,vm1,//compute.googleapis.com/projects/care/zones/europe-west3-a/instances/vm1,regular\n";

const OCI_BILL: &str = "lineItem/referenceNo,lineItem/tenantId,lineItem/intervalUsageStart,product/service,product/resource,product/compartmentId,product/compartmentName,product/region,product/availabilityDomain,product/resourceId,usage/billedQuantity,cost/productSku,product/Description,cost/unitPrice,cost/currencyCode,cost/myCost,tags/team
r1,ocid1.tenancy.oc1..a,2026-09-01T00:00Z,COMPUTE,PIC_COMPUTE,ocid1.compartment.oc1..a,care,eu-frankfurt-1,AD-1,ocid1.instance.oc1.eu-frankfurt-1.a,1,B1,Compute,0.01,EUR,0.24,care\n";

const STATE: &str = r#"{"version":4,"terraform_version":"1.9.0","serial":3,"lineage":"5f0e","outputs":{},"resources":[{"module":"module.care","mode":"managed","type":"aws_s3_bucket","name":"records","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"index_key":"a","schema_version":0,"attributes":{"arn":"arn:aws:s3:::seed","bucket":"seed","id":"seed","region":"eu-central-1","tags":{"team":"care"},"tags_all":{"team":"care"}}}]},{"mode":"data","type":"aws_region","name":"here","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"attributes":{"name":"eu-central-1"}}]}],"check_results":null}"#;

const PLAN: &str = r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{"root_module":{"resources":[{"address":"azurerm_storage_account.a","mode":"managed","type":"azurerm_storage_account","name":"a","provider_name":"registry.terraform.io/hashicorp/azurerm","values":{"location":"westeurope","name":"seed","resource_group_name":"rg","tags":{"team":"care"}}}],"child_modules":[{"address":"module.b","resources":[]}]}},"resource_changes":[{"address":"azurerm_storage_account.a","mode":"managed","type":"azurerm_storage_account","name":"a","provider_name":"registry.terraform.io/hashicorp/azurerm","change":{"actions":["create"],"before":null,"after":{"location":"westeurope","name":"seed"},"after_unknown":{"id":true}}}],"configuration":{"provider_config":{"azurerm":{"name":"azurerm","full_name":"registry.terraform.io/hashicorp/azurerm"}},"root_module":{"resources":[{"address":"azurerm_storage_account.a","type":"azurerm_storage_account","provider_config_key":"azurerm","expressions":{"location":{"constant_value":"westeurope"}}}]}}}"#;

const AZURE_RESOURCES: &str = r#"{"count":1,"data":[{"id":"/subscriptions/3f0e0000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/seed","name":"seed","type":"microsoft.storage/storageaccounts","location":"westeurope","resourceGroup":"rg","subscriptionId":"3f0e0000-0000-4000-8000-000000000001","tags":{"team":"care"},"properties":{"encryption":{"keySource":"Microsoft.Keyvault"}},"kind":"StorageV2","sku":{"name":"Standard_LRS"}}],"skip_token":null,"total_records":1}"#;

const AWS_CONFIG: &str = r#"{"fileVersion":"1.0","configSnapshotId":"s","configurationItems":[{"configurationItemVersion":"1.3","configurationItemCaptureTime":"2026-09-01T00:00:00.000Z","configurationItemStatus":"ResourceDiscovered","awsAccountId":"200000000001","ARN":"arn:aws:s3:::seed","resourceType":"AWS::S3::Bucket","resourceId":"seed","resourceName":"seed","awsRegion":"eu-central-1","tags":{"team":"care"},"configuration":{"name":"seed"},"supplementaryConfiguration":{},"relationships":[]}]}"#;

const EXPLORER: &str = r#"{"Resources":[{"Arn":"arn:aws:ec2:eu-central-1:200000000001:instance/i-0abc","OwningAccountId":"200000000001","Region":"eu-central-1","ResourceType":"ec2:instance","Service":"ec2","LastReportedAt":"2026-09-01T00:00:00Z","Properties":[{"Name":"tags","LastReportedAt":"2026-09-01T00:00:00Z","Data":[{"Key":"team","Value":"care"}]}]}],"Count":{"Complete":true,"TotalResources":1}}"#;

const GCP_ASSETS: &str = "{\"name\":\"//storage.googleapis.com/seed\",\"asset_type\":\"storage.googleapis.com/Bucket\",\"resource\":{\"version\":\"v1\",\"parent\":\"//cloudresourcemanager.googleapis.com/projects/1\",\"location\":\"europe-west3\",\"data\":{\"labels\":{\"team\":\"care\"},\"encryption\":{\"defaultKmsKeyName\":\"projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k\"}}},\"ancestors\":[\"projects/1\"]}
{\"name\":\"//compute.googleapis.com/projects/care/zones/europe-west3-a/instances/vm1\",\"asset_type\":\"compute.googleapis.com/Instance\",\"resource\":{\"data\":{\"zone\":\"europe-west3-a\"}}}\n";

const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":1,"services":[{"bom-ref":"care-mail","provider":{"name":"Example Mail GmbH","url":["https://mail.example"]},"group":"care","name":"mail","version":"1","endpoints":["https://mail.example/api"],"authenticated":true,"x-trust-boundary":true,"data":[{"classification":"PII","flow":"bi-directional"}],"services":[{"name":"inner","data":[]}]}]}"#;

const REGISTER: &str = "c0060,c0010,c0030,c0050,c0020,c0150,c0160,c0130,c0120,c0140,c0170,c0180
eba_TA:S17,C-1,5299001LCH8Y6YJLT055,F-1,5299001LCH8Y6YJLT055,eba_GA:DE,eba_GA:DE,eba_GA:LU,eba_GA:LU,eba_BT:x28,eba_ZZ:x793,eba_ZZ:x797\n";

const LIST_CSV: &str = "name,id,provider,service,region,account,group,tags,key_custody,cost,currency\nfax archive,fax,paper,,,,care,,,0,EUR\nrecords,r-1,aws,AmazonS3,eu-central-1,200000000001,care,team=care,provider,1.5,EUR\n";

const LIST_YAML: &str = "resources:\n  - name: records\n    provider: aws\n    service: AmazonS3\n    region: eu-central-1\n    account: '200000000001'\n    group: care\n";

/// All text seeds and the binary ones made from them.
pub(crate) fn all() -> Vec<Seed> {
    let text: [(Format, &'static str, &str); 15] = [
        (Format::Focus, "focus.csv", FOCUS),
        (Format::AwsCur, "cur.csv", AWS_CUR),
        (Format::AzureBill, "azure.csv", AZURE_BILL),
        (Format::GcpBill, "gcp.csv", GCP_BILL),
        (Format::OciBill, "oci.csv", OCI_BILL),
        (Format::TerraformState, "terraform.tfstate", STATE),
        (Format::TerraformPlan, "plan.json", PLAN),
        (Format::AzureResources, "arg.json", AZURE_RESOURCES),
        (Format::AwsConfig, "config.json", AWS_CONFIG),
        (Format::AwsResourceExplorer, "explorer.json", EXPLORER),
        (Format::GcpAssets, "assets.json", GCP_ASSETS),
        (Format::CycloneDx, "bom.json", CYCLONEDX),
        (Format::DoraRegister, "b_02.02.csv", REGISTER),
        (Format::List, "list.csv", LIST_CSV),
        (Format::List, "list.yaml", LIST_YAML),
    ];
    let mut seeds: Vec<Seed> =
        text.into_iter().map(|(format, name, text)| Seed { format, name, bytes: text.into() }).collect();
    seeds.push(Seed { format: Format::Focus, name: "focus.parquet", bytes: focus_parquet() });
    seeds.push(Seed { format: Format::Focus, name: "focus.csv.gz", bytes: gzip(FOCUS.as_bytes()) });
    seeds.push(Seed { format: Format::TerraformState, name: "utf16.tfstate", bytes: utf16(STATE) });
    seeds
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

const COLUMNS: [(&str, [&str; 3]); 9] = [
    ("ProviderName", ["AWS", "AWS", "Microsoft"]),
    ("InvoiceIssuerName", ["Amazon Web Services EMEA SARL", "", "Microsoft"]),
    ("SubAccountId", ["200000000001", "200000000001", "portal"]),
    ("BillingCurrency", ["EUR", "EUR", "USD"]),
    ("ServiceName", ["AmazonS3", "AmazonEC2", "Azure SQL"]),
    (
        "ResourceId",
        ["arn:aws:s3:::seed", "i-0abc", "/subscriptions/a/resourceGroups/b/providers/Microsoft.Sql/servers/c"],
    ),
    ("RegionId", ["eu-central-1", "eu-west-3", "westeurope"]),
    ("ChargeCategory", ["Usage", "Usage", "Usage"]),
    ("Tags", ["{\"team\":\"care\"}", "", "{}"]),
];

/// A FOCUS bill as Parquet: text columns and two doubles.
fn focus_parquet() -> Vec<u8> {
    let text: Vec<String> = COLUMNS.iter().map(|(name, _)| format!("optional binary {name} (UTF8);")).collect();
    let schema =
        format!("message bill {{ {} optional double BilledCost; optional double EffectiveCost; }}", text.concat());
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut out = Vec::new();
    let mut file = SerializedFileWriter::new(&mut out, schema, properties).unwrap();
    let mut group = file.next_row_group().unwrap();
    let mut index = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        match COLUMNS.get(index) {
            Some((_, values)) => {
                let values = values.map(ByteArray::from);
                column.typed::<ByteArrayType>().write_batch(&values, Some(&[1, 1, 1]), None).unwrap();
            }
            None => {
                column.typed::<DoubleType>().write_batch(&[1.5, 0.1, -2.0], Some(&[1, 1, 1]), None).unwrap();
            }
        }
        column.close().unwrap();
        index += 1;
    }
    group.close().unwrap();
    file.close().unwrap();
    out
}
