using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Conformer.Models;

/// <summary>The networks that can be exported and loaded: a new one is a line in this table.</summary>
internal static class KnownNetworks
{
    private const string KindProperty = "kind", ConformerKind = "conformer";

    private static readonly ConcurrentDictionary<string, (Type Architecture, Func<VisionArchitecture, INetworkGraph> Graph)> _kinds = new()
    {
        [ConformerKind] = (typeof(ConformerArchitecture), architecture => new ConformerGraph((ConformerArchitecture)architecture)),
        ["contnet"] = (typeof(ConTNetArchitecture), architecture => new ConTNetGraph((ConTNetArchitecture)architecture)),
    };

    /// <summary>The published networks, and how options say which one.</summary>
    public static IReadOnlyList<(string Option, VisionArchitecture Architecture)> Published { get; } =
    [
        .. Enum.GetValues<ConformerVariant>().Select(
            variant => ($"Variant to {nameof(ConformerVariant)}.{variant}", (VisionArchitecture)ConformerArchitecture.For(variant))),
        // Which flags the published ConTNets were trained with is not known; these two show in the tensors' names.
        .. from variant in Enum.GetValues<ConTNetVariant>()
           from isRelative in (bool[])[false, true]
           from averages in (bool[])[false, true]
           select (ConTNetOption(variant, isRelative, averages), (VisionArchitecture)(
               ConTNetArchitecture.For(variant) with { RelativePositions = isRelative, AverageDown = averages })),
    ];

    /// <summary>Adds a network to the table, by what its architecture is called in files.</summary>
    public static void Add<T>(string kind, Func<T, INetworkGraph> graph) where T : VisionArchitecture =>
        _kinds[kind] = (typeof(T), architecture => graph((T)architecture));

    public static INetworkGraph GraphOf(VisionArchitecture architecture) => _kinds[KindOf(architecture)].Graph(architecture);

    public static string ToJson(VisionArchitecture architecture, JsonSerializerOptions options)
    {
        var json = JsonSerializer.SerializeToNode(architecture, architecture.GetType(), options)!.AsObject();
        json.Insert(0, KindProperty, KindOf(architecture));
        return json.ToJsonString(options);
    }

    /// <summary>The architecture that JSON tells of; the first files had Conformers only, and did not say so.</summary>
    /// <exception cref="JsonException">It is no JSON, no architecture, or of an unknown kind.</exception>
    public static VisionArchitecture? FromJson(string json, JsonSerializerOptions options)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var kind = root.ValueKind == JsonValueKind.Object && root.TryGetProperty(KindProperty, out var property)
            ? property.ToString()
            : ConformerKind;
        return _kinds.TryGetValue(kind, out var known)
            ? (VisionArchitecture?)document.Deserialize(known.Architecture, options)
            : throw new JsonException($"'{kind}' is a kind of network that this version does not know.");
    }

    private static string ConTNetOption(ConTNetVariant variant, bool isRelative, bool averages)
    {
        string[] flags =
        [
            .. isRelative ? [$"{nameof(ConTNetArchitecture.RelativePositions)} = true"] : Array.Empty<string>(),
            .. averages ? [$"{nameof(ConTNetArchitecture.AverageDown)} = true"] : Array.Empty<string>(),
        ];
        return flags.Length == 0
            ? $"Variant to {nameof(ConTNetVariant)}.{variant}"
            : $"Architecture to ConTNetArchitecture.For(ConTNetVariant.{variant}) with {{ {string.Join(", ", flags)} }}";
    }

    private static string KindOf(VisionArchitecture architecture) =>
        _kinds.FirstOrDefault(kind => kind.Value.Architecture == architecture.GetType()).Key
        ?? throw new InvalidOperationException($"{architecture.GetType().Name} is not in the table of {nameof(KnownNetworks)}.");
}
