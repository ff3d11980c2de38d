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

    private static string KindOf(VisionArchitecture architecture) =>
        _kinds.FirstOrDefault(kind => kind.Value.Architecture == architecture.GetType()).Key
        ?? throw new InvalidOperationException($"{architecture.GetType().Name} is not in the table of {nameof(KnownNetworks)}.");
}
