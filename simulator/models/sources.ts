/** A publication, or a file of this repository, that facts are taken from. */
export interface Source {
  readonly text: string;
  /** URL, or a path from the root of the repository. */
  readonly at: string;
}

/** Sources of the models' facts. */
export const SOURCES = {
  captures: {
    text: 'Captures of this project’s earlier client, from a Pro 2',
    at: 'fixtures/protocol/answers.json',
  },
  camiAlfa: {
    text: 'M365-BLE-PROTOCOL: frames captured from an M365 with plain frames, anonymised by their author',
    at: 'https://github.com/CamiAlfa/M365-BLE-PROTOCOL',
  },
  macbury: {
    text: 'macbury/m365, issue 1: the GATT database of an M365 with ESC 1.5.5, BLE 0.9.1, BMS 1.2.6; and its documentation',
    at: 'https://github.com/macbury/m365/issues/1',
  },
  haDowng: {
    text: 'ha-downg-scooter, validated on one MiAuth scooter (ESC 2.5.2, BMS 1.4.1, product 0x0766) whose model is not stated',
    at: 'https://github.com/jul-fls/ha-downg-scooter',
  },
  py9b: {
    text: 'py9b and its forks, tested on a Pro with BLE 1.0.0',
    at: 'https://github.com/etransport/py9b',
  },
  registries: {
    text: 'The model lists of two phone apps, which agree (one of them is M365-Rokid-HUD)',
    at: 'https://github.com/zero2005x/M365-Rokid-HUD',
  },
  ninebotCrypto: {
    text: 'NinebotCrypto: Bluetooth firmware by protocol',
    at: 'https://github.com/scooterhacking/NinebotCrypto',
  },
  mibleSdk: {
    text: 'Xiaomi’s Bluetooth SDK for devices, in which product 342 (0x0156) is ninebot.scooter.v1',
    at: 'https://github.com/MiEcosystem',
  },
  foxStudio: {
    text: 'FoX Studio: list of serial number prefixes',
    at: 'http://foxstudio.tplinkdns.com/?page=m365',
  },
  data: {
    text: 'Data sheets of the models, as shops and reviews repeat them',
    at: 'https://www.mi.com/global/service/userguide',
  },
  mi3Manual: {
    text: 'User manual of the Mi Electric Scooter 3',
    at: 'https://manuzoid.com/manuals/oJeEG-Xiaomi%206934177728631%20Electric%20Scooter%203%20User%20manual',
  },
  m365Review: {
    text: 'ZDNet: review of the M365 with its data sheet',
    at: 'https://www.zdnet.com/article/mi-electric-scooter-review-complete-that-last-mile-commute-with-ease/',
  },
  oneSReview: {
    text: 'TechAdvisor: 1S, Pro 2 and Essential compared',
    at: 'https://www.techadvisor.com/article/739948/xiaomis-three-new-electric-scooters-could-be-a-hit-in-the-uk.html',
  },
  germanLaw: {
    text: 'eKFV § 1: scooters with a German permit are limited to 20 km/h',
    at: 'https://www.gesetze-im-internet.de/ekfv/__1.html',
  },
  essentialOwner: {
    text: 'An owner’s screenshots of an Essential before its firmware was changed',
    at: 'https://rollerplausch.com/threads/mi-essential-fremdfirmware-error27.6837',
  },
  oneSOwner: {
    text: 'An owner’s report of a 1S: BLE 1.5.7, ESC 3.2.1',
    at: 'https://rollerplausch.com/threads/midu-flasher-stecker-st-link-downgrade-unbrick.5399/page-69',
  },
} as const satisfies Record<string, Source>;

export type SourceId = keyof typeof SOURCES;
