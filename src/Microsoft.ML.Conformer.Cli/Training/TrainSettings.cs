using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Conformer.Cli.Training;

/// <summary>What the command line asks of `conformer train`.</summary>
internal sealed record TrainSettings : RunSettings
{
    public override string Command => "train";

    public override NetworkTrainerOptions Common => Training;

    /// <summary>How to train.</summary>
    public required ImageClassificationTrainerOptions Training { get; init; }

    /// <summary>The recipe, before options that override it.</summary>
    public required TrainingRecipe Recipe { get; init; }

    public required ImageFolderOptions Splitting { get; init; }

    /// <summary>What model.onnx computes with; model.zip always has 32-bit floats.</summary>
    public required OnnxPrecision OnnxPrecision { get; init; }

    /// <summary>Such as "Conformer Tiny".</summary>
    public string NetworkName => Training switch
    {
        ConTNetTrainer.Options conTNet => $"ConTNet {conTNet.Variant}",
        ConformerTrainer.Options { Architecture: null } conformer => $"Conformer {conformer.Variant}",
        _ => "Conformer for drawn images",
    };

    /// <summary>Trains. The class names become keys; the model itself needs no Label, so this is not part of it.</summary>
    /// <returns>The model, and what it was trained on.</returns>
    public (TransformerChain<KeyToValueMappingTransformer> Model, IDataView Training) Fit(
        MLContext mlContext, ImageSplits images, CancellationToken cancellation)
    {
        var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(images.Training);
        var training = keys.Transform(images.Training);
        (Training.Validation.Data, Training.CancellationToken) = (keys.Transform(images.Validation), cancellation);
        return (Trainer(mlContext).Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedClass", "PredictedLabel")).Fit(training),
            training);
    }

    /// <summary>The trainer with these options.</summary>
    public ImageClassificationTrainer Trainer(MLContext mlContext)
    {
        Training.Validation.Data ??= mlContext.Data.LoadFromEnumerable<ImageFile>([]); // there always is some, if not read yet
        var trainers = mlContext.MulticlassClassification.Trainers;
        return Training is ConTNetTrainer.Options conTNet
            ? trainers.ConTNet(conTNet)
            : trainers.Conformer((ConformerTrainer.Options)Training);
    }
}
