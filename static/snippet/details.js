// The personal fields of events, which leave under the same conditions as any personal value.
// needs: core, personal, queue

hooks.stamp.push((hit) => config.details.forEach((detail) => {
  const fields = hit.open.fields;
  const name = fields && own(fields, detail[0]) ? detail[0] : detail[0].split('.')[0];
  if (!fields || !own(fields, name)) return;
  hold(fields[name]);
  put(hit, 'fields', name, fields[name], detail[1]);
  delete fields[name];
}));
