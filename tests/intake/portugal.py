"""SAF-T PT 1.04_01, written by its schema."""

from __future__ import annotations

NAMESPACE = "urn:OECD:StandardAuditFile-Tax:PT_1.04_01"
ANA = "123456789"
CUSTOMERS = {"ANA": ANA, "CF": "999999990", "RUI": "223456780"}


def line(code, net, *, quantity="1", rate="23", less="", side="Credit", reference="", name="Pão de forma"):
    """A line; `net` without VAT and after its discount `less`, as texts; `reference`: one invoice or several."""
    references = [reference] if isinstance(reference, str) else reference
    named = "".join(
        f"<References><Reference>{each}</Reference><Reason>Defeito</Reason></References>" for each in references if each
    )
    discount = f"<SettlementAmount>{less}</SettlementAmount>" if less else ""
    return (
        f"<ProductCode>{code}</ProductCode><ProductDescription>{name}</ProductDescription>"
        f"<Quantity>{quantity}</Quantity><UnitOfMeasure>UN</UnitOfMeasure><UnitPrice>{net}</UnitPrice>"
        f"<TaxPointDate>2026-03-04</TaxPointDate>{named}<Description>{name}</Description>"
        f"<{side}Amount>{net}</{side}Amount><Tax><TaxType>IVA</TaxType><TaxCountryRegion>PT</TaxCountryRegion>"
        f"<TaxCode>NOR</TaxCode><TaxPercentage>{rate}</TaxPercentage></Tax>{discount}"
    )


def invoice(number, lines, gross, *, kind="FS", status="N", customer="ANA", payments=(), at="2026-03-04T08:00:00"):
    """A document of SalesInvoices; payments as (mechanism, amount)."""
    numbered = "".join(f"<Line><LineNumber>{n}</LineNumber>{each}</Line>" for n, each in enumerate(lines, 1))
    paid = "".join(
        f"<Payment><PaymentMechanism>{how}</PaymentMechanism><PaymentAmount>{amount}</PaymentAmount>"
        f"<PaymentDate>{at[:10]}</PaymentDate></Payment>"
        for how, amount in payments
    )
    return (
        f"<Invoice><InvoiceNo>{number}</InvoiceNo><ATCUD>0</ATCUD><DocumentStatus><InvoiceStatus>{status}</InvoiceStatus>"
        f"<InvoiceStatusDate>2026-03-04T10:00:00</InvoiceStatusDate><SourceID>CAIXA RUI</SourceID>"
        f"<SourceBilling>P</SourceBilling></DocumentStatus><Hash>0</Hash><HashControl>1</HashControl><Period>3</Period>"
        f"<InvoiceDate>{at[:10]}</InvoiceDate><InvoiceType>{kind}</InvoiceType><SpecialRegimes>"
        "<SelfBillingIndicator>0</SelfBillingIndicator><CashVATSchemeIndicator>0</CashVATSchemeIndicator>"
        "<ThirdPartiesBillingIndicator>0</ThirdPartiesBillingIndicator></SpecialRegimes><SourceID>CAIXA RUI</SourceID>"
        f"<SystemEntryDate>{at}</SystemEntryDate><CustomerID>{customer}</CustomerID>{numbered}"
        f"<DocumentTotals><TaxPayable>0.00</TaxPayable><NetTotal>0.00</NetTotal><GrossTotal>{gross}</GrossTotal>{paid}"
        "</DocumentTotals></Invoice>"
    )


def saft(*invoices, entity="Sede", nif="599999993", namespace=NAMESPACE, currency="EUR"):
    """A whole file. Two products: pão, of the group Padaria, and one that only its code tells."""
    people = "".join(
        f"<Customer><CustomerID>{code}</CustomerID><AccountID>Desconhecido</AccountID>"
        f"<CustomerTaxID>{tax_id}</CustomerTaxID><CompanyName>Maria Ana Souza</CompanyName><BillingAddress>"
        "<AddressDetail>Rua das Flores</AddressDetail><City>Lisboa</City><PostalCode>1000-000</PostalCode>"
        "<Country>PT</Country></BillingAddress><SelfBillingIndicator>0</SelfBillingIndicator></Customer>"
        for code, tax_id in CUSTOMERS.items()
    )
    return (
        f'<?xml version="1.0" encoding="windows-1252"?><AuditFile xmlns="{namespace}"><Header>'
        "<AuditFileVersion>1.04_01</AuditFileVersion><CompanyID>Lisboa 1</CompanyID>"
        f"<TaxRegistrationNumber>{nif}</TaxRegistrationNumber><TaxAccountingBasis>F</TaxAccountingBasis>"
        "<CompanyName>Padaria</CompanyName><FiscalYear>2026</FiscalYear><StartDate>2026-01-01</StartDate>"
        f"<EndDate>2026-12-31</EndDate><CurrencyCode>{currency}</CurrencyCode><DateCreated>2026-03-04</DateCreated>"
        f"<TaxEntity>{entity}</TaxEntity></Header><MasterFiles>{people}"
        "<Product><ProductType>P</ProductType><ProductCode>PAO</ProductCode><ProductGroup>Padaria</ProductGroup>"
        "<ProductDescription>Pão de forma</ProductDescription><ProductNumberCode>5601234567890</ProductNumberCode>"
        "</Product></MasterFiles><SourceDocuments><SalesInvoices><NumberOfEntries>1</NumberOfEntries>"
        f"<TotalDebit>0.00</TotalDebit><TotalCredit>0.00</TotalCredit>{''.join(invoices)}</SalesInvoices>"
        "</SourceDocuments></AuditFile>"
    ).encode("windows-1252")
