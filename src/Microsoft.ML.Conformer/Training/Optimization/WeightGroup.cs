namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>How a weight is trained.</summary>
/// <param name="IsDecayed">Whether weight decay applies.</param>
/// <param name="RateScale">What the learning rate is multiplied by. Default 1.</param>
/// <param name="FirstEpoch">The epoch, from 0, from which on it is trained; it is frozen before. Default 0.</param>
internal readonly record struct WeightRule(bool IsDecayed, double RateScale = 1, int FirstEpoch = 0);

/// <summary>All weights of one rule.</summary>
/// <param name="Rule">How they are trained.</param>
/// <param name="Place">Where they lie in the vectors of weights, gradients and moments.</param>
internal sealed record WeightGroup(WeightRule Rule, FlatWeights.Span Place);
