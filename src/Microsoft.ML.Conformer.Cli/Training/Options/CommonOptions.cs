using TrainerOption = Conformer.Cli.Training.Options.ITrainerOption<Microsoft.ML.Conformer.NetworkTrainerOptions>;

namespace Conformer.Cli.Training.Options;

/// <summary>The options that all of the library's trainers have.</summary>
internal static class CommonOptions
{
    /// <summary>All trainers have the same defaults of them.</summary>
    private static readonly OptionsOf<NetworkTrainerOptions> _of = new(new ConformerTrainer.Options());

    /// <summary>Where, and by whom, is trained.</summary>
    public static IReadOnlyList<TrainerOption> Machine { get; } =
    [
        _of.Words("device", "Where to train; auto takes a GPU where there is one.", o => o.Device, (o, v) => o.Device = v),
        _of.Number<int?>("threads", "CPU threads. Default: one for each processor.", o => o.Threads, (o, v) => o.Threads = v, 1, 1024),
        _of.Number("seed", "Same seed, same results.", o => o.Seed, (o, v) => o.Seed = v, 0, int.MaxValue, showsDefault: true),
        _of.Flag("deterministic", "The same results on a GPU, too; slower.", o => o.Deterministic, (o, v) => o.Deterministic = v),
        _of.Words("precision", "What training computes with; auto takes bfloat16 where the processor has it.",
            o => o.Precision, (o, v) => o.Precision = v),
        _of.Words("distributed", "Whether the processes that mpirun starts work together.",
            o => o.Distributed, (o, v) => o.Distributed = v),
        _of.Number("distributed-timeout-minutes", "Minutes that they wait for one of them that hangs.",
            o => o.DistributedTimeout.TotalMinutes, (o, v) => o.DistributedTimeout = TimeSpan.FromMinutes(v), 0.01, 30_000,
            showsDefault: true, nameof(NetworkTrainerOptions.DistributedTimeout)),
    ];

    /// <summary>What the network starts from.</summary>
    public static IReadOnlyList<TrainerOption> Weights { get; } =
    [
        _of.Text("pretrained-weights", "Weights to start from: a .pth or .safetensors file, or a published name such as " +
            "conformer-tiny-p16. Default: random.", "FILE", o => o.PretrainedWeights, (o, v) => o.PretrainedWeights = v),
        _of.Flag("strict-weights", "Whether weights that do not fit the network, heads aside, are an error.",
            o => o.StrictWeights, (o, v) => o.StrictWeights = v),
        _of.Flag("pretrained-average", "Start from the moving average in the file of the weights.",
            o => o.PretrainedAverage, (o, v) => o.PretrainedAverage = v),
    ];

    /// <summary>How images are read.</summary>
    public static IReadOnlyList<TrainerOption> Images { get; } =
    [
        _of.Flag("skip-bad-images", "Leave out images that cannot be used; without it they are an error.",
            o => o.BadImages == BadImagePolicy.Skip, (o, v) => o.BadImages = v ? BadImagePolicy.Skip : BadImagePolicy.Throw,
            nameof(NetworkTrainerOptions.BadImages)),
        _of.Flag("tolerate-truncated", "Use damaged images as far as their pixels go.",
            o => o.TolerateTruncated, (o, v) => o.TolerateTruncated = v),
        _of.Number("max-image-pixels", "Width times height of the largest image that is decoded.",
            o => o.MaxImagePixels, (o, v) => o.MaxImagePixels = v, 1, ImageDecoding.MostMaxPixels, showsDefault: true),
        _of.Words("background", "What shows through transparent pixels.", o => o.Background, (o, v) => o.Background = v),
        _of.Words("image-caching", "Whether decoded photos are kept from epoch to epoch; auto keeps what fits into memory.",
            o => o.ImageCaching, (o, v) => o.ImageCaching = v),
        _of.Text("cache-folder", "Folder for decoded images that do not fit into memory. Default: the temporary one.", "FOLDER",
            o => o.CacheFolder, (o, v) => o.CacheFolder = v),
    ];

    /// <summary>Options and their values as a configuration has them; a file of weights by its full path.</summary>
    public static IEnumerable<(string Name, string? Value)> ValuesOf<TOptions>(
        IEnumerable<ITrainerOption<TOptions>> all, TOptions options) where TOptions : NetworkTrainerOptions =>
        all.Select(one => (ConfigurationOption.NameOf(one.Option), Value: one.LibraryName switch
        {
            nameof(options.PretrainedWeights) when options.PretrainedWeights is { } weights && File.Exists(weights) =>
                Path.GetFullPath(weights),
            _ => one.TextOf(options),
        }));
}
