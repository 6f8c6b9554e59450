// A spend from an Edge Function or your own server, with the service key: never from a browser.
// The schema "credits" has to be among the exposed schemas of the project.
import { createClient } from '@supabase/supabase-js'

const supabase = createClient(process.env.SUPABASE_URL, process.env.SUPABASE_SERVICE_ROLE_KEY)

export async function spend(accountId, amount, jobId) {
  const { data, error } = await supabase.schema('credits').rpc('deduct_credit', {
    p_account_id: accountId,
    p_amount: amount,
    p_feature: 'images',
    p_idempotency_key: jobId,
  })
  if (error?.code === 'PT402') {
    // details is JSON: code insufficient_credits with required and available, or in_debt with debt.
    return { paid: false, ...JSON.parse(error.details) }
  }
  if (error) throw new Error(`${error.code} ${error.message}`)
  return { paid: true, available: data.available }
}
