import { ageQuantileMs, NO_FIGURES, stageFigures } from './stage-figures.js';

const TEXT = `# HELP eddyline_stage_records_total Records by what became of them
eddyline_stage_records_total{pipeline="electricity",stage="validation",outcome="emitted"} 90
eddyline_stage_records_total{pipeline="electricity",stage="validation",outcome="quarantined",reason="range"} 7
eddyline_stage_records_total{pipeline="electricity",stage="validation",outcome="dropped",reason="duplicate"} 3
eddyline_stage_records_total{pipeline="other",stage="validation",outcome="emitted"} 1000
eddyline_stage_lag{pipeline="electricity",stage="validation",topic="electricity.events",partition="0"} 4
eddyline_stage_lag{pipeline="electricity",stage="validation",topic="electricity.events",partition="1"} 2
eddyline_stage_record_age_bucket{pipeline="electricity",stage="validation",le="0.1"} 50
eddyline_stage_record_age_bucket{pipeline="electricity",stage="validation",le="0.2"} 100
eddyline_stage_record_age_bucket{pipeline="electricity",stage="validation",le="+Inf"} 100
`;

describe('stageFigures', () => {
  it('sums the samples of one pipeline', () => {
    expect(stageFigures(TEXT, 'electricity')).toMatchObject({ records: 100, quarantined: 7, dropped: 3, lag: 6 });
  });
});

describe('ageQuantileMs', () => {
  const figures = stageFigures(TEXT, 'electricity');

  it('interpolates within a bucket', () => {
    expect(ageQuantileMs(NO_FIGURES, figures, 0.75)).toBeCloseTo(150);
  });

  it('looks only at what came since the scrape before', () => {
    expect(ageQuantileMs(figures, figures, 0.5)).toBeNull();
  });
});
