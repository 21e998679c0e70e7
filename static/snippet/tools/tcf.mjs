// The IAB's reference implementation, with a banner's four moments: cmp.open(), save(purposes), load(purposes).
import { CmpApi } from '@iabtechlabtcf/cmpapi';
import stub from '@iabtechlabtcf/stub';
import { GVL, TCModel, TCString } from '@iabtechlabtcf/core';

const gvl = new GVL({
  gvlSpecificationVersion: 3, vendorListVersion: 1, tcfPolicyVersion: 4, lastUpdated: '2024-01-01T00:00:00Z',
  purposes: {}, specialPurposes: {}, features: {}, specialFeatures: {}, stacks: {}, dataCategories: {}, vendors: {},
});
let api;

const text = (purposes) => {
  const model = new TCModel(gvl);
  model.cmpId = 3;
  model.cmpVersion = 1;
  model.isServiceSpecific = true;
  model.purposeConsents.set(purposes);
  return TCString.encode(model);
};

const update = (purposes, shown) => {
  api ||= new CmpApi(3, 1, true);
  api.update(text(purposes), shown);
};

window.cmp = { open: () => update([], true), save: (purposes) => update(purposes, false), load: (purposes) => update(purposes, false) };
stub();
