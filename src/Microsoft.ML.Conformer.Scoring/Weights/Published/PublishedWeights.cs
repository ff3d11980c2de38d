namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>
/// The Conformers that were published for ImageNet-1k, as mmpretrain hosts them (its configs/conformer/metafile.yml); Tiny, Small and
/// Base are the authors' own weights.
/// </summary>
/// <remarks>
/// The file names end in the first eight hex digits of the files' SHA-256. No more of it has been published, so that no more is checked:
/// that finds damage and mix-ups, but 32 bits do not stop who can choose the file's content. On the way HTTPS protects it; the host is
/// trusted.
/// </remarks>
/// <param name="Name">The short name.</param>
/// <param name="Variant">The network.</param>
/// <param name="Url">Where the file is.</param>
/// <param name="ModelName">mmpretrain's name of the model, which is taken too; null for none.</param>
internal sealed record PublishedWeights(string Name, ConformerVariant Variant, Uri Url, string? ModelName = null)
{
    private const int HashDigits = 8;
    private const string Host = "https://download.openmmlab.com/mmclassification/v0/conformer/";

    public static IReadOnlyList<PublishedWeights> All { get; } =
    [
        new("conformer-tiny-p16", ConformerVariant.Tiny,
            new(Host + "conformer-tiny-p16_3rdparty_8xb128_in1k_20211206-f6860372.pth"), "conformer-tiny-p16_3rdparty_in1k"),
        new("conformer-small-p16", ConformerVariant.Small,
            new(Host + "conformer-small-p16_3rdparty_8xb128_in1k_20211206-3065dcf5.pth"), "conformer-small-p16_3rdparty_in1k"),
        new("conformer-small-p32", ConformerVariant.SmallPatch32,
            new(Host + "conformer-small-p32_8xb128_in1k_20211206-947a0816.pth"), "conformer-small-p32_8xb128_in1k"),
        new("conformer-base-p16", ConformerVariant.Base,
            new(Host + "conformer-base-p16_3rdparty_8xb128_in1k_20211206-bfdf8637.pth"), "conformer-base-p16_3rdparty_in1k"),
    ];

    /// <summary>The short names, to be read.</summary>
    public static string Names => string.Join(", ", All.Select(weights => weights.Name));

    public string FileName => Path.GetFileName(Url.LocalPath);

    /// <summary>The first hex digits of the file's SHA-256, in lower case.</summary>
    public string Sha256Prefix => Path.GetFileNameWithoutExtension(FileName)[^HashDigits..];

    /// <summary>The weights of this short or mmpretrain's name, without regard to case, or null.</summary>
    public static PublishedWeights? Find(string name) => All.FirstOrDefault(weights =>
        name.Equals(weights.Name, StringComparison.OrdinalIgnoreCase)
        || name.Equals(weights.ModelName, StringComparison.OrdinalIgnoreCase));
}
