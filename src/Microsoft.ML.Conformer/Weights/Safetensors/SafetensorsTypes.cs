namespace Microsoft.ML.Conformer.Weights.Safetensors;

/// <summary>The names that the safetensors format has for element types.</summary>
internal static class SafetensorsTypes
{
    private static readonly Dictionary<string, ElementType> _byName = new(StringComparer.Ordinal)
    {
        ["F64"] = ElementType.Float64,
        ["F32"] = ElementType.Float32,
        ["F16"] = ElementType.Float16,
        ["BF16"] = ElementType.BFloat16,
        ["I64"] = ElementType.Int64,
        ["I32"] = ElementType.Int32,
        ["I16"] = ElementType.Int16,
        ["I8"] = ElementType.Int8,
        ["U8"] = ElementType.UInt8,
        ["BOOL"] = ElementType.Boolean,
        ["U64"] = ElementType.Unreadable("uint64", 8),
        ["U32"] = ElementType.Unreadable("uint32", 4),
        ["U16"] = ElementType.Unreadable("uint16", 2),
        ["F8_E4M3"] = ElementType.Unreadable("float8_e4m3", 1),
        ["F8_E5M2"] = ElementType.Unreadable("float8_e5m2", 1),
        ["C64"] = ElementType.Unreadable("complex64", 8),
    };

    /// <summary>The type of this name, or null.</summary>
    public static ElementType? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The format's name of a type.</summary>
    public static string NameOf(ElementType type) => _byName.First(pair => pair.Value == type).Key;
}
