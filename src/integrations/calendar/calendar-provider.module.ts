import { Module } from '@nestjs/common';
import { CalendarProvider } from './calendar-provider';
import { GoogleCalendar } from './google/google-calendar';

@Module({ providers: [{ provide: CalendarProvider, useClass: GoogleCalendar }], exports: [CalendarProvider] })
export class CalendarProviderModule {}
