using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Conformer.Cli.Training.Report;

/// <summary>What a run's report and model card tell of.</summary>
internal sealed record RunFacts(
    RunFolder Run,
    RunRecord Record,
    TrainSettings Settings,
    ImageSplits Images,
    TrainingSummary Summary,
    TimeSpan TrainingTime,
    ImageClassifierTransformer Model,
    ImageEvaluation Evaluation)
{
    private const int MostChanges = 30;

    private static readonly string _version = VersionOf(typeof(RunFacts));

    /// <summary>The data's name; its whole path may say more of its owner than a report should.</summary>
    public string DataName => Settings.Data is { } data
        ? VisibleText.Of(Path.GetFileName(data.TrimEnd(Path.DirectorySeparatorChar)))
        : "drawn images of shapes with textures";

    /// <summary>Names and values, for people.</summary>
    public IEnumerable<(string Name, string Value)> Network()
    {
        var summary = new NetworkSummary(Model.Architecture, Model.ImageSize, Model.ImageSize);
        yield return ("network", Record.Network);
        yield return ("parameters", FormattableString.Invariant($"{summary.Parameters / 1e6:0.0} million"));
        yield return ("operations", FormattableString.Invariant($"{summary.Macs / 1e9:0.00} GMACs for an image"));
        yield return ("input", $"{Model.ImageSize} x {Model.ImageSize} pixels, RGB");
        yield return ("started from", Settings.Training.PretrainedWeights is { } weights
            ? VisibleText.Of(Path.GetFileName(weights)) : "random weights");
        yield return ("recipe", VisibleText.Of(Settings.Training.Recipe.Name));
        yield return ("epochs", Summary.ValidationAccuracies.Count is var trained && trained < Record.Epochs
            ? $"{trained} of {Record.Epochs} ({Ended}), the best is {Summary.BestEpoch}"
            : $"{Record.Epochs}, the best is {Summary.BestEpoch}");
        if (Summary.Ranks is > 1 and var ranks)
            yield return ("ranks", FormattableString.Invariant(
                $"{ranks} trained together; a step had {Settings.Training.BatchSize} images x {ranks} ranks"));
    }

    /// <summary>What repeats the run in its folder.</summary>
    public string Repeats =>
        Rank.CommandOf(Summary.Ranks) + $"conformer train --config {RunFolder.ConfigurationName}";

    /// <summary>How fast, and on what.</summary>
    public IEnumerable<(string Name, string Value)> SpeedAndEnvironment()
    {
        yield return ("training", FormattableString.Invariant(
            $"{Summary.TrainMillisecondsPerImage:0.0} ms an image, {TrainingTime.TotalMinutes:0.0} minutes in all, reading included"));
        yield return ("scoring", FormattableString.Invariant($"{Record.ScoreMillisecondsPerImage:0.0} ms an image, decoding included"));
        yield return ("device", Summary.Device);
        yield return ("processors", FormattableString.Invariant($"{Environment.ProcessorCount}, {RuntimeInformation.ProcessArchitecture}"));
        yield return ("system", RuntimeInformation.OSDescription);
        yield return (".NET", Environment.Version.ToString());
        yield return ("libraries", $"Microsoft.ML.Conformer {_version}, ML.NET {VersionOf(typeof(MLContext))}, " +
            $"TorchSharp {VersionOf(Assembly.Load("TorchSharp"))}, ONNX Runtime {OrtEnv.Instance().GetVersionString()}");
        yield return ("date", FormattableString.Invariant($"{Record.Started:yyyy-MM-dd HH:mm} UTC"));
    }

    /// <summary>The options that are not the defaults.</summary>
    public IEnumerable<(string Name, string Value)> ChangedOptions()
    {
        var defaults = new ConformerTrainer.Options { Recipe = Settings.Recipe };
        return TrainerOptions.All
            .Select(one => (Name: ConfigurationOption.NameOf(one.Option), Value: one.TextOf(Settings.Training), Usual: one.TextOf(defaults)))
            .Where(one => one.Value is not null && one.Value != one.Usual)
            // These are told with the network.
            .Where(one => one.Name is not ("image-size" or "epochs" or "pretrained-weights"))
            .Take(MostChanges)
            .Select(one => (one.Name, VisibleText.Of(one.Value!)));
    }

    /// <summary>Whose weights the model began with, and under which license.</summary>
    public string License => Settings.Training.PretrainedWeights switch
    {
        null => "The weights were trained from scratch on this data alone; no license applies but the terms of the data's owners.",
        var name when PublishedWeights.Find(name) is { } published =>
            $"The weights began as {published.Name}, published with the official Conformer code under the Apache License 2.0 and trained " +
            "on ImageNet-1k, whose images are for non-commercial research.",
        var file => $"The weights began as those in {VisibleText.Of(Path.GetFileName(file))}, which does not tell its license: ask its " +
            "authors.",
    };

    private string Ended => Summary.End == TrainingEnd.Diverged ? "the loss was no longer finite" : "it got no better";

    private static string VersionOf(Type type) => VersionOf(type.Assembly);

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
