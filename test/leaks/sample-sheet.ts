import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a sample sheet',
  detector: 'sample-sheet',
  body: {
    message:
      '[Header]\nInvestigator Name,Jane Doe\n[Data]\nSample_ID,Sample_Name,index,index2\nS1,Doe-T,ATTACTCG,TATAGCCT\n',
  },
}
