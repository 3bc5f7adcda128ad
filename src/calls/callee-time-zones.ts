/** Representative zones of North America: every offset and every daylight-saving rule that its numbers can have. */
const ZONES = {
  N: 'America/St_Johns',
  T: 'America/Halifax',
  E: 'America/New_York',
  C: 'America/Chicago',
  S: 'America/Regina',
  M: 'America/Denver',
  A: 'America/Phoenix',
  P: 'America/Los_Angeles',
  K: 'America/Anchorage',
  D: 'America/Adak',
  H: 'Pacific/Honolulu',
} as const;

type ZoneLetter = keyof typeof ZONES;

/**
 * Area codes by the zones that their land lies in, after the numbering plan of North America (NANPA's and CNA's maps). An
 * area that a zone border crosses has both; a code that is missing here counts as everywhere.
 */
const AREA_CODES: Record<string, string> = {
  E: '201 202 203 207 212 215 216 220 223 227 229 231 234 239 240 248 252 260 263 267 269 272 276 283 289 301 302 304 305 313 315 317 321 324 326 329 330 332 336 339 343 347 351 352 363 365 380 382 386 401 404 407 410 412 413 416 419 434 436 437 438 440 443 445 450 463 468 470 472 475 478 484 502 508 513 514 516 517 518 519 540 548 551 561 567 570 571 579 582 585 586 603 607 609 610 613 614 616 617 624 631 640 645 646 647 656 667 678 679 680 681 683 686 689 703 704 705 706 716 717 718 724 727 728 732 734 740 742 743 754 757 762 765 770 771 772 774 781 786 802 803 804 810 813 814 819 821 826 828 835 838 839 843 845 848 854 856 857 859 860 862 863 864 865 873 878 904 905 908 910 912 914 917 919 929 934 937 941 942 943 947 948 954 959 973 978 980 984 989 226 249 354 753',
  ET: '367 418 581',
  EC: '270 364 423 448 574 606 807 812 850 906 930 931',
  C: '204 205 210 214 217 218 219 224 225 228 235 251 254 256 262 274 281 309 312 314 316 318 319 320 325 327 331 334 337 346 353 361 402 405 409 414 417 430 431 447 457 464 469 471 479 501 504 507 512 515 531 534 539 557 563 572 573 580 584 601 608 612 615 618 621 629 630 636 641 651 659 660 662 682 708 712 713 715 726 730 731 737 763 769 773 779 806 815 816 817 830 832 847 861 870 872 901 903 913 918 920 924 936 938 940 945 952 956 972 975 979 985',
  CM: '308 432 605 620 701 785',
  M: '303 307 368 385 403 406 435 505 575 587 719 720 748 780 801 825 915 970 983',
  MP: '208 541 775 986',
  A: '480 520 602 623',
  AM: '928',
  SM: '306 474 639',
  AMP: '236 250 257 672 778',
  P: '206 209 213 253 279 310 323 341 350 357 360 369 408 415 424 425 442 458 503 509 510 530 559 562 564 604 619 626 628 650 657 661 669 702 707 714 725 738 747 760 805 818 820 831 837 840 858 909 916 925 949 951 971',
  KD: '907',
  H: '808',
  T: '428 506 782 902',
  NT: '709 879',
  ECMAP: '867',
};

const ZONES_OF_AREA: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(AREA_CODES).flatMap(([letters, codes]) => {
    const zones = [...letters].map((letter) => ZONES[letter as ZoneLetter]);
    return codes.split(' ').map((code): [string, readonly string[]] => [code, zones]);
  }),
);

const NORTH_AMERICA: readonly string[] = Object.values(ZONES);

/**
 * The time zones in which the owner of a number may be, by where the number belongs. Whoever decides by them takes the
 * strictest: a person who moved away keeps the number, but a wrong guess within the zones of the number is ours.
 * @param country ISO 3166-1 of the number; undefined for one that belongs to none
 */
export function calleeTimeZones(e164: string, country: string | undefined): readonly string[] {
  if (country === 'US' || country === 'CA') return ZONES_OF_AREA.get(e164.slice(2, 5)) ?? NORTH_AMERICA;
  if (country === undefined) return ['UTC'];
  // Newer runtimes have this as a method, the type library has neither.
  const locale = new Intl.Locale(`und-${country}`) as Intl.Locale & {
    timeZones?: string[];
    getTimeZones?: () => string[] | undefined;
  };
  const zones = locale.getTimeZones?.() ?? locale.timeZones ?? [];
  return zones.length > 0 ? zones : ['UTC'];
}
