import { Module } from '@nestjs/common';
import { CarrierSignatureGuard } from './carrier-signature.guard';
import { Telephony } from './telephony';
import { TwilioTelephony } from './twilio/twilio-telephony';

@Module({
  providers: [{ provide: Telephony, useClass: TwilioTelephony }, CarrierSignatureGuard],
  exports: [Telephony, CarrierSignatureGuard],
})
export class TelephonyModule {}
