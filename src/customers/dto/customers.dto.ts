import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { pagingQuery } from '../../common/paging';
import { storableText, trimmedText } from '../../common/text';
import type { Customer } from '../customer.entity';
import type { CustomerFields, CustomerFilter } from '../customers.service';

/** A key of the user's own, for a customer. */
export const customerKey = trimmedText(1, 200);

const EXAMPLE = {
  customer_id: 'customer123',
  name: 'Ann Miller',
  phone_number: '+12025550100',
  email: 'ann@example.com',
  notes: 'Prefers mornings.',
};

const fields = {
  name: trimmedText(1, 200).nullable(),
  phone_number: z.string().max(100).nullable().describe('As a person writes it; E.164 in answers'),
  email: z.email().max(254).nullable(),
  notes: storableText(0, 10_000).nullable(),
};
const keyField = customerKey.describe('Your own key');

export class CreateCustomerDto extends createZodDto(
  z.strictObject({ customer_id: keyField, ...z.object(fields).partial().shape }).meta({ example: EXAMPLE }),
) {}

export class UpdateCustomerDto extends createZodDto(
  z
    .strictObject({ customer_id: keyField, ...fields })
    .partial()
    .meta({ example: { notes: 'Prefers evenings.' } }),
) {}

export class CustomerDto extends createZodDto(
  z
    .object({
      id: z.int(),
      customer_id: z.string(),
      name: z.string().nullable(),
      phone_number: z.string().nullable(),
      email: z.string().nullable(),
      notes: z.string().nullable(),
      created_at: z.string().meta({ format: 'date-time' }),
      updated_at: z.string().meta({ format: 'date-time' }),
    })
    .meta({
      example: { id: 1, ...EXAMPLE, created_at: '2026-12-01T09:30:00.000Z', updated_at: '2026-12-01T09:30:00.000Z' },
    }),
) {}

export class ListCustomersQueryDto extends createZodDto(
  pagingQuery().extend({
    customer_id: customerKey.optional().describe('The one with this key'),
    q: trimmedText(1, 200).optional().describe('A part of the name, the key or the address'),
  }),
) {}

export function toCustomerFilter({ customer_id: customerId, q, limit, offset }: ListCustomersQueryDto): CustomerFilter {
  return { customerId, q, limit, offset };
}

export function toNewCustomer(body: CreateCustomerDto): CustomerFields {
  return {
    customerId: body.customer_id,
    name: body.name ?? null,
    phoneNumber: body.phone_number ?? null,
    email: body.email ?? null,
    notes: body.notes ?? null,
  };
}

export function toCustomerChanges(body: UpdateCustomerDto): Partial<CustomerFields> {
  const { customer_id: customerId, phone_number: phoneNumber, name, email, notes } = body;
  return Object.fromEntries(
    Object.entries({ customerId, phoneNumber, name, email, notes }).filter(([, value]) => value !== undefined),
  );
}

export function toCustomerDto(customer: Customer): CustomerDto {
  return {
    id: customer.id,
    customer_id: customer.customerId,
    name: customer.name,
    phone_number: customer.phoneNumber,
    email: customer.email,
    notes: customer.notes,
    created_at: customer.createdAt.toISOString(),
    updated_at: customer.updatedAt.toISOString(),
  };
}
