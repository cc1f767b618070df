import type { IdKind, Language } from './person.ts'

/**
 * The words around what must not leave, in two halves that share none: sentences of people and of programs, in which `%` stands for
 * the value, and property names that tell what stands under them.
 */
export type Context = {
  readonly sentences: Readonly<Partial<Record<Language, readonly string[]>>> & { readonly en: readonly string[] }
  readonly keys: readonly string[]
}

type Kind =
  | 'name'
  | 'phone'
  | 'address'
  | 'birth-date'
  | 'age-over-89'
  | 'mrn'
  | 'insurance'
  | 'email'
  | 'iban'
  | 'card'
  | 'account-number'
  | 'licence'
  | 'passport'
  | 'plate'
  | 'vin'
  | 'device'
  | 'person-date'
  | 'icd-10'
  | 'snomed'
  | 'loinc'

export const contextsOfHalfA: Readonly<Record<Kind, Context>> = {
  name: {
    sentences: {
      en: [
        'Run aborted by %, see log.',
        'Patient % was sampled twice.',
        'operator: %',
        'Results go to %',
        'call % about lane 3',
      ],
      fr: [
        'Run arrêté par %, voir journal.',
        'Patient : %',
        'opérateur : %',
        'Résultats pour %',
        'appeler % au sujet de la ligne 3',
      ],
      de: ['Lauf von % abgebrochen.', 'Patient: %', 'Bediener: %', 'Befund an %', '% hat wegen Spur 3 angerufen'],
      es: ['Proceso detenido por %, ver registro.', 'Paciente: %', 'operador: %', 'Resultados para %', '% ha llamado'],
      it: ['Paziente: %', 'corsa fermata da %'],
      nordic: ['Pasient: %', 'körningen avbröts av %'],
    },
    keys: ['patientName', 'operator', 'createdBy', 'InvestigatorName', 'contact_name'],
  },
  phone: {
    sentences: {
      en: ['call me at %', 'Phone: %', 'tel %', 'mobile %, after five'],
      fr: ['tél. %', 'Téléphone : %', 'appelez-moi au %', 'portable %'],
      de: ['Tel. %', 'Telefon: %', 'erreichbar unter Handy %', 'Rufnummer %'],
      es: ['tel. %', 'Teléfono: %', 'llámame al %', 'móvil %'],
      it: ['cellulare %', 'Telefono: %'],
      nordic: ['tlf. %', 'mobil: %'],
    },
    keys: ['phone', 'contactPhone', 'tel', 'mobileNumber', 'telefon'],
  },
  address: {
    sentences: {
      en: ['lives at %', 'address: %', 'send it to % please'],
      fr: ['habite au %', 'adresse : %', 'à envoyer à %'],
      de: ['wohnhaft %', 'Adresse: %', 'bitte an % schicken'],
      es: ['vive en %', 'dirección: %', 'enviar a %'],
      it: ['indirizzo: %'],
      nordic: ['adresse: %', 'bor på %'],
    },
    keys: ['address', 'homeAddress', 'adresse', 'postal_address'],
  },
  'birth-date': {
    sentences: {
      en: ['DOB: %', 'patient born on %', 'Date of birth %', 'birth date = %'],
      fr: ['né le %', 'Date de naissance : %', 'DDN %'],
      de: ['geb. am %', 'Geburtsdatum: %', 'geboren am %'],
      es: ['nacido el %', 'Fecha de nacimiento: %', 'F. nac. %'],
      it: ['nato il %', 'data di nascita: %'],
      nordic: ['født %', 'födelsedatum: %'],
    },
    keys: ['dob', 'birthDate', 'date_of_birth', 'PatientBirthDate', 'geburtsdatum'],
  },
  'age-over-89': {
    sentences: {
      en: ['a %-year-old', 'patient aged %', 'is % years old'],
      fr: ['âgée de % ans', 'patient de % ans'],
      de: ['im Alter von %', '% Jahre alt'],
      es: ['% años', 'edad: %'],
      it: ['di anni %', '% anni'],
      nordic: ['alder: %'],
    },
    keys: ['age', 'patientAge', 'alter'],
  },
  mrn: {
    sentences: {
      en: ['MRN %', 'medical record number: %', 'patient ID %'],
      fr: ['numéro de dossier %', 'dossier médical : %', 'IPP %'],
      de: ['Patientennummer %', 'Fallnummer: %', 'Patienten-ID %'],
      es: ['historia clínica %', 'NHC: %', 'número de paciente %'],
      it: ['cartella clinica %'],
      nordic: ['pasientnummer %', 'journalnummer: %'],
    },
    keys: ['mrn', 'patientId', 'medicalRecordNumber'],
  },
  insurance: {
    sentences: {
      en: ['insurance no. %', 'Member ID: %', 'policy number %'],
      fr: ['numéro de mutuelle %', "numéro d'assurance maladie : %"],
      de: ['Versicherungsnummer %', 'Versichertennummer: %'],
      es: ['número de afiliado %', 'póliza: %'],
      it: ['numero di polizza %'],
      nordic: ['forsikringsnummer %'],
    },
    keys: ['insuranceNumber', 'memberId', 'policy_number'],
  },
  email: { sentences: { en: ['mail % please', 'contact: %', '<%>'] }, keys: ['email', 'userName', 'mail'] },
  iban: { sentences: { en: ['IBAN: %', 'pay to % please', '%'] }, keys: ['iban', 'bankAccount'] },
  card: { sentences: { en: ['Visa %', 'card number: %', 'paid with card %'] }, keys: ['cardNumber', 'creditCard'] },
  'account-number': {
    sentences: {
      en: ['account number: %', 'bank account no. %'],
      fr: ['numéro de compte : %'],
      de: ['Kontonummer: %'],
      es: ['número de cuenta: %'],
    },
    keys: ['accountNumber', 'bank_account_number'],
  },
  licence: {
    sentences: {
      en: ["driver's license number %", 'driving licence: %', 'medical license no. %'],
      fr: ['permis de conduire n° %'],
      de: ['Führerscheinnummer: %'],
      es: ['carné de conducir %'],
    },
    keys: ['driverLicense', 'drivingLicenceNumber', 'medicalLicenseNumber'],
  },
  passport: {
    sentences: {
      en: ['passport number %', 'Passport: %'],
      fr: ['passeport n° %'],
      de: ['Reisepassnummer %'],
      es: ['pasaporte %'],
      it: ['passaporto n. %'],
      nordic: ['passnummer %'],
    },
    keys: ['passport', 'passportNumber'],
  },
  plate: {
    sentences: {
      en: ['license plate %', 'number plate: %'],
      fr: ["plaque d'immatriculation %"],
      de: ['Kennzeichen: %'],
      es: ['matrícula %'],
    },
    keys: ['licensePlate', 'number_plate'],
  },
  vin: { sentences: { en: ['VIN %', 'vehicle identification number: %'] }, keys: ['vin', 'vehicleId'] },
  device: {
    sentences: {
      en: ['pacemaker serial number %', 'IMEI: %', 'implant S/N %'],
      fr: ['numéro de série du stimulateur : %'],
      de: ['Herzschrittmacher Seriennummer %'],
      es: ['número de serie del marcapasos %'],
    },
    keys: ['imei', 'implantSerial', 'pacemakerSerialNumber'],
  },
  'person-date': {
    sentences: {
      en: ['admitted on %', 'date of death: %', 'discharged on %'],
      fr: ['hospitalisé le %', 'décédé le %'],
      de: ['aufgenommen am %', 'verstorben am %'],
      es: ['ingresado el %', 'fallecido el %'],
    },
    keys: ['admissionDate', 'dischargeDate', 'dateOfDeath'],
  },
  'icd-10': {
    sentences: { en: ['ICD-10: %', 'diagnosis %'], de: ['Diagnose %'], fr: ['CIM-10 %'] },
    keys: ['icd10', 'diagnosisCode'],
  },
  snomed: { sentences: { en: ['SNOMED CT %', 'snomed: %'] }, keys: ['snomedCode', 'snomed'] },
  loinc: { sentences: { en: ['LOINC %', 'loinc code: %'] }, keys: ['loinc', 'loincCode'] },
}

export const contextsOfHalfB: Readonly<Record<Kind, Context>> = {
  name: {
    sentences: {
      en: [
        '% loaded the flow cell this morning',
        'sample of %, second tube',
        'please tell % that the run failed',
        'Technician = %',
        'signed: %',
      ],
      fr: [
        '% a chargé la cuve ce matin',
        'échantillon de %, deuxième tube',
        'merci de prévenir % de la panne',
        'Technicien = %',
        'signé : %',
      ],
      de: [
        '% hat die Flusszelle heute geladen',
        'Probe von %, zweites Röhrchen',
        'bitte % über den Abbruch informieren',
        'Technikerin = %',
        'gezeichnet: %',
      ],
      es: [
        '% cargó la celda esta mañana',
        'muestra de %, segundo tubo',
        'avise a % del fallo',
        'Técnico = %',
        'firmado: %',
      ],
      it: ['campione di %, seconda provetta', 'Tecnico: %'],
      nordic: ['prøve fra %, rør to', 'ansvarig: %'],
    },
    keys: ['fullName', 'patient_full_name', 'submittedBy', 'physician', 'technician', 'AnalystName'],
  },
  phone: {
    sentences: {
      en: ['you can ring me on %', 'Cell phone # %', 'Contact no: tel. %', 'fax: %'],
      fr: ['joignable au téléphone %', 'Tél : %', 'fax %', 'numéro de portable : %'],
      de: ['Telefonnummer %', 'Mobil: %', 'Fax %', 'ruf bitte zurück, Tel.: %'],
      es: ['teléfono de contacto: %', 'Tfno. %', 'celular %', 'fax: %'],
      it: ['tel: %', 'numero di cellulare %'],
      nordic: ['telefonnummer %', 'puh. %'],
    },
    keys: ['phoneNumber', 'telephone', 'mobile_phone', 'fax', 'cellPhone'],
  },
  address: {
    sentences: {
      en: ['the patient moved to % last year', 'Home address = %', 'deliver to: %'],
      fr: ['domicilié au %', 'Adresse du patient = %', 'livrer : %'],
      de: ['die Patientin zog nach %', 'Anschrift = %', 'Lieferung an: %'],
      es: ['con domicilio en %', 'Dirección postal = %', 'entregar en: %'],
      it: ['residente in %'],
      nordic: ['bosatt %', 'osoite: %'],
    },
    keys: ['streetAddress', 'patient_address', 'mailingAddress', 'anschrift', 'domicilio'],
  },
  'birth-date': {
    sentences: {
      en: ['b. % (birthdate)', 'D.O.B. %', 'was born %', 'birthday: %'],
      fr: ['née le %', 'naissance : %', 'date naiss. %'],
      de: ['*geboren: %', 'Geburtstag %', 'geb.: %'],
      es: ['nacida el %', 'fecha nac.: %', 'nacimiento %'],
      it: ['nata il %', 'nascita: %'],
      nordic: ['född %', 'syntynyt %'],
    },
    keys: ['dateOfBirth', 'birth_date', 'patientDob', 'birthday', 'dateNaissance'],
  },
  'age-over-89': {
    sentences: {
      en: ['woman, % y/o', 'aged % years', 'the %-year-old donor'],
      fr: ['âgé de % ans', 'une patiente de % ans'],
      de: ['%-jährige Patientin', 'Alter: %'],
      es: ['paciente de % años', 'con % años de edad'],
      it: ["all'età di % anni"],
      nordic: ['% år gammel'],
    },
    keys: ['ageYears', 'subjectAge', 'age_at_diagnosis'],
  },
  mrn: {
    sentences: {
      en: ['med rec # %', 'hospital number %', 'Pt ID = %', 'chart no. %'],
      fr: ['n° de dossier : %', 'identifiant patient %', 'numéro patient %'],
      de: ['Patienten-Nr. %', 'Fall-Nr.: %', 'Krankenakte %'],
      es: ['n.º de historia clínica: %', 'expediente %', 'ID del paciente: %'],
      it: ['codice paziente: %'],
      nordic: ['patientnummer: %'],
    },
    keys: ['patient_id', 'MRN', 'hospitalNumber', 'chartNumber', 'accessionNumber'],
  },
  insurance: {
    sentences: {
      en: ['health plan number %', 'subscriber id: %', 'insurance policy number = %'],
      fr: ["numéro d'assuré : %", 'numéro adhérent %'],
      de: ['Versicherten-Nr. %', 'Krankenversicherungsnummer: %'],
      es: ['número de póliza %', 'tarjeta sanitaria: %'],
      it: ['tessera sanitaria %'],
      nordic: ['forsikringsnummer: %'],
    },
    keys: ['insuranceId', 'subscriberId', 'healthPlanNumber', 'member_number'],
  },
  email: {
    sentences: { en: ['write to %.', 'report sent to %; ok', 'from=%'] },
    keys: ['contactEmail', 'notify', 'BaseSpaceUserName'],
  },
  iban: { sentences: { en: ['account %', 'transfer to IBAN %', '(%)'] }, keys: ['IBAN', 'payee'] },
  card: {
    sentences: { en: ['credit card: %', 'card no. % declined', 'Mastercard/Visa %'] },
    keys: ['creditCardNumber', 'payment_card'],
  },
  'account-number': {
    sentences: {
      en: ['acct # %', 'billing account number %'],
      fr: ['n° de compte bancaire %'],
      de: ['Konto-Nr. %'],
      es: ['cuenta bancaria %'],
    },
    keys: ['account_no', 'bankAccountNumber', 'patientAccountNumber'],
  },
  licence: {
    sentences: {
      en: ['DL# %', 'driver license %', 'nursing licence number: %'],
      fr: ['numéro de permis de conduire : %'],
      de: ['Führerschein-Nr. %'],
      es: ['permiso de conducir n.º %'],
    },
    keys: ['driversLicense', 'driving_licence', 'dl_number', 'certificateNumber'],
  },
  passport: {
    sentences: {
      en: ['passport no. %', 'travels on passport %'],
      fr: ['numéro de passeport : %'],
      de: ['Reisepass-Nr. %'],
      es: ['n.º de pasaporte %'],
      it: ['numero di passaporto %'],
      nordic: ['passnr. %'],
    },
    keys: ['passport_no', 'passportId'],
  },
  plate: {
    sentences: {
      en: ['car registration %', 'vehicle plate: %'],
      fr: ['immatriculation du véhicule : %'],
      de: ['Autokennzeichen %'],
      es: ['placa del coche: %'],
    },
    keys: ['plateNumber', 'vehicleRegistration'],
  },
  vin: { sentences: { en: ['chassis number (VIN): %', 'VIN=%'] }, keys: ['VIN', 'vehicle_identification_number'] },
  device: {
    sentences: {
      en: ['patient device id %', 'IMEI %', 'defibrillator serial no. %'],
      fr: ['IMEI : %'],
      de: ['Implantat-Seriennummer: %'],
      es: ['IMEI: %'],
    },
    keys: ['IMEI', 'patientDeviceId', 'implant_serial_number'],
  },
  'person-date': {
    sentences: {
      en: ['admission date: %', 'patient died on %', 'discharge date %'],
      fr: ["date d'admission : %", 'date de décès %'],
      de: ['Aufnahmedatum: %', 'Entlassung am %'],
      es: ['fecha de ingreso: %', 'alta médica el %'],
    },
    keys: ['admission_date', 'deathDate', 'dateOfDischarge', 'visitDate'],
  },
  'icd-10': {
    sentences: { en: ['ICD10CM code %', 'Dx: %'], de: ['ICD-10-GM %'], es: ['CIE-10: %'] },
    keys: ['icd_code', 'primaryDiagnosis'],
  },
  snomed: { sentences: { en: ['SNOMED code %', 'SCTID: %'] }, keys: ['snomedCtId', 'sctid'] },
  loinc: { sentences: { en: ['LOINC: %', 'test (LOINC %)'] }, keys: ['loinc_code', 'LOINC'] },
}

type Labels = { readonly labels: readonly string[]; readonly keys: readonly string[] }

export const idLabelsOfHalfA: Readonly<Record<IdKind, Labels>> = {
  'us-ssn': { labels: ['SSN', 'Social Security Number:'], keys: ['ssn', 'socialSecurityNumber'] },
  'ca-sin': { labels: ['SIN', 'NAS :'], keys: ['sin', 'socialInsuranceNumber'] },
  'ca-ohip': { labels: ['OHIP', 'health card number:'], keys: ['ohip', 'healthCardNumber'] },
  'ca-ramq': { labels: ['RAMQ', "numéro d'assurance maladie :"], keys: ['ramq', 'assuranceMaladie'] },
  'uk-nhs': { labels: ['NHS number', 'NHS no.'], keys: ['nhsNumber', 'nhs_no'] },
  'uk-nino': { labels: ['NI number', 'NINO:'], keys: ['nino', 'nationalInsuranceNumber'] },
  'fr-nir': { labels: ['numéro de sécurité sociale', 'NIR :'], keys: ['nir', 'numeroSecuriteSociale'] },
  'de-kvnr': { labels: ['KVNR', 'Versichertennummer:'], keys: ['kvnr', 'krankenversichertennummer'] },
  'de-steuer-id': {
    labels: ['Steuer-ID', 'Steueridentifikationsnummer:'],
    keys: ['steuerId', 'steuerliche_identifikationsnummer'],
  },
  'es-dni-nie': { labels: ['DNI', 'NIE:'], keys: ['dni', 'documentoIdentidad'] },
  'it-codice-fiscale': { labels: ['codice fiscale', 'C.F.'], keys: ['codiceFiscale', 'cf'] },
  'se-personnummer': { labels: ['personnummer', 'Personnr:'], keys: ['personnummer'] },
  'no-fodselsnummer': { labels: ['fødselsnummer', 'Fnr:'], keys: ['fodselsnummer', 'fnr'] },
  'dk-cpr': { labels: ['CPR-nr.', 'CPR:'], keys: ['cprNummer', 'cpr'] },
  'fi-hetu': { labels: ['hetu', 'henkilötunnus:'], keys: ['hetu'] },
  'au-medicare': { labels: ['Medicare', 'Medicare card:'], keys: ['medicareNumber'] },
  'au-tfn': { labels: ['TFN', 'tax file number:'], keys: ['tfn', 'taxFileNumber'] },
}

export const idLabelsOfHalfB: Readonly<Record<IdKind, Labels>> = {
  'us-ssn': {
    labels: ['Soc. Sec. No.', 'social security #', "patient's SSN is"],
    keys: ['SSN', 'social_security_number', 'patientSsn'],
  },
  'ca-sin': {
    labels: ['Social Insurance Number', "numéro d'assurance sociale :"],
    keys: ['SIN', 'social_insurance_no', 'nas'],
  },
  'ca-ohip': { labels: ['OHIP number', 'Ontario health card'], keys: ['ohipNumber', 'health_card'] },
  'ca-ramq': { labels: ['carte RAMQ', 'NAM :'], keys: ['numeroAssuranceMaladie', 'nam'] },
  'uk-nhs': { labels: ['NHS', 'his NHS number is'], keys: ['nhs_number', 'NHSNo'] },
  'uk-nino': { labels: ['National Insurance', 'NI no.'], keys: ['national_insurance_number', 'niNumber'] },
  'fr-nir': { labels: ['n° de sécurité sociale :', 'n° sécu'], keys: ['numero_secu', 'securiteSociale'] },
  'de-kvnr': { labels: ['Krankenversichertennr.', 'Versicherten-ID'], keys: ['versichertenId', 'kv_nummer'] },
  'de-steuer-id': { labels: ['steuerliche IdNr.', 'IdNr:'], keys: ['steuer_id', 'steuerIdentifikationsnummer'] },
  'es-dni-nie': { labels: ['con DNI', 'NIF:'], keys: ['nif', 'dni_nie'] },
  'it-codice-fiscale': { labels: ['cod. fisc.', 'CF:'], keys: ['codice_fiscale'] },
  'se-personnummer': { labels: ['pnr', 'personnummer:'], keys: ['person_nr', 'pnr'] },
  'no-fodselsnummer': { labels: ['fødselsnr.', 'personnummer'], keys: ['fodselsnr', 'personnummer'] },
  'dk-cpr': { labels: ['cpr', 'personnummer:'], keys: ['cpr_nr', 'CPR'] },
  'fi-hetu': { labels: ['henkilötunnus', 'HETU:'], keys: ['henkilotunnus'] },
  'au-medicare': { labels: ['Medicare no.', 'medicare number'], keys: ['medicare_no', 'medicareCard'] },
  'au-tfn': { labels: ['Tax File Number', 'tfn'], keys: ['tax_file_number'] },
}

/** Sentences of clinical records without a name, a number or a date. */
export const clinicalOfHalfA: readonly string[] = [
  'patient was diagnosed with breast cancer', 'history of diabetes', 'tested positive for HIV', 'he suffers from epilepsy', 'mother died of lung cancer', 'known carrier of cystic fibrosis',
  'la patiente est atteinte de mucoviscidose', 'antécédents de diabète', 'le patient souffre d’asthme',
  'Patientin leidet an Diabetes', 'Verdacht auf Leukämie', 'erkrankt an Brustkrebs',
  'paciente diagnosticado de leucemia', 'padece diabetes tipo 2', 'antecedentes de cáncer de mama', 'paziente affetto da diabete',
] // prettier-ignore

export const clinicalOfHalfB: readonly string[] = [
  'the patient has stage IV melanoma', 'she was treated for hepatitis C last spring', 'child with suspected leukemia', 'woman is pregnant, 12 weeks, prenatal test requested', 'metastatic colorectal cancer, second line', 'patient underwent chemotherapy after a mastectomy', 'family history of Huntington disease', 'donor tested positive for syphilis',
  'le patient est séropositif', 'patiente suivie pour un cancer du sein', 'le malade présente une insuffisance rénale chronique', 'diagnostic de sclérose en plaques confirmé',
  'Patient wurde wegen Darmkrebs operiert', 'bei der Patientin wurde Multiple Sklerose diagnostiziert', 'Diagnose: Mammakarzinom links', 'Zustand nach Herzinfarkt, Patient nimmt Marcumar',
  'la paciente tiene cáncer de ovario', 'paciente con esclerosis múltiple', 'diagnóstico de hepatitis B', 'el paciente fue tratado por epilepsia', 'la paziente soffre di epilessia',
] // prettier-ignore

/** Sentences as a log writes them, in the same words that instruments use. */
export const logLine = (half: 'a' | 'b', sentence: string): string =>
  half === 'a'
    ? `2024-05-06T07:08:09.123Z WARN [Scheduler] ${sentence}`
    : `05/06 07:08:09 ERROR RunSetupService(4211): ${sentence} (code 17)`

/** What stands around a value in running text. */
export const inProse = (half: 'a' | 'b', sentence: string): string =>
  half === 'a'
    ? `The run was restarted after the wash. ${sentence} The second read looks fine.`
    : `Flow cell swapped, pressure back to normal; ${sentence}. Nothing else to report.`
