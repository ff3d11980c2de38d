namespace Microsoft.ML.AutoML;

/// <summary>What trials train on and are judged by.</summary>
internal sealed record TrainValidationData(IDataView Training, IDataView Validation);
