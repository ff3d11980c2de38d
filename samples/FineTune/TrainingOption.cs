using System.CommandLine;
using Microsoft.ML.Conformer;

namespace FineTune;

/// <summary>Options of the samples that train.</summary>
internal static class TrainingOption
{
    /// <summary>--data: a folder that must be there; null where the option is absent.</summary>
    public static Option<string?> Data(string description) => new("--data")
    {
        Description = description,
        HelpName = "FOLDER",
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<string?>() is { } folder && !Directory.Exists(folder))
                    result.AddError($"--data: there is no folder {folder}.");
            },
        },
    };

    /// <summary>--variant: one of the published networks; null where the option is absent.</summary>
    public static Option<ConformerVariant?> Variant(string description) => ParsedOption.Named<ConformerVariant>("--variant", description, new()
    {
        ["tiny"] = ConformerVariant.Tiny,
        ["small"] = ConformerVariant.Small,
        ["small-patch32"] = ConformerVariant.SmallPatch32,
        ["base"] = ConformerVariant.Base,
    });

    /// <summary>--device: where to train; null where the option is absent.</summary>
    public static Option<TrainingDevice?> Device() => ParsedOption.Named<TrainingDevice>(
        "--device", "Where to train; auto takes a GPU where there is one. Default: auto.", new()
        {
            ["auto"] = TrainingDevice.Auto,
            ["cpu"] = TrainingDevice.Cpu,
            ["cuda"] = TrainingDevice.Cuda,
        });

    /// <summary>--threads: how many CPU threads compute; null where the option is absent.</summary>
    public static Option<int?> Threads() => ParsedOption.WholeNumber(
        "--threads", "CPU threads to compute with. Default: one for each processor that the program may use.", 1, 1024);
}
