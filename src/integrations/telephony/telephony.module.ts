import { Module } from '@nestjs/common';
import { CarrierBodySignatureGuard, CarrierSignatureGuard } from './carrier-signature.guard';
import { Telephony } from './telephony';
import { TwilioTelephony } from './twilio/twilio-telephony';

@Module({
  providers: [{ provide: Telephony, useClass: TwilioTelephony }, CarrierSignatureGuard, CarrierBodySignatureGuard],
  exports: [Telephony, CarrierSignatureGuard, CarrierBodySignatureGuard],
})
export class TelephonyModule {}
