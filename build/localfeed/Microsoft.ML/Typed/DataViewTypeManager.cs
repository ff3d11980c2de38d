using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>An attribute that gives a member a custom column type.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public abstract class DataViewTypeAttribute : Attribute, IEquatable<DataViewTypeAttribute>
{
    protected DataViewTypeAttribute()
    {
    }

    /// <summary>Makes the column type known to <see cref="DataViewTypeManager"/>.</summary>
    public abstract void Register();

    public abstract bool Equals(DataViewTypeAttribute other);
}

/// <summary>Knows which custom column type stands for which .NET type and attribute.</summary>
public static class DataViewTypeManager
{
    private static readonly Lock s_lock = new();
    private static readonly List<(DataViewType Column, Type Type, DataViewTypeAttribute Attribute)> s_registered = [];

    /// <exception cref="ArgumentOutOfRangeException">The .NET type is built in, or either is registered with another.</exception>
    public static void Register(DataViewType dataViewType, Type type, DataViewTypeAttribute typeAttribute = null)
    {
        if (ColumnTypes.IsPrimitiveRawType(type))
        {
            throw Contracts.ExceptParam(nameof(type),
                $"Type {type} has been registered as ML.NET's default supported type, so it can't not be registered again.");
        }
        lock (s_lock)
        {
            foreach (var known in s_registered)
            {
                var sameType = known.Type == type && Equals(known.Attribute, typeAttribute);
                var sameColumn = known.Column.Equals(dataViewType);
                if (sameType && sameColumn)
                    return;
                if (sameType)
                {
                    throw Contracts.ExceptParam(nameof(type), $"Repeated type register. The raw type {type} " +
                        $"has been associated with {known.Column} so it cannot be associated with {dataViewType}.");
                }
                if (sameColumn)
                {
                    throw Contracts.ExceptParam(nameof(dataViewType), $"Repeated type register. The DataView type {dataViewType} " +
                        $"has been associated with {known.Type} so it cannot be associated with {type}.");
                }
            }
            s_registered.Add((dataViewType, type, typeAttribute));
        }
    }

    /// <summary>The custom column type of a member, or null.</summary>
    internal static DataViewType GetOrNull(Type type, IEnumerable<Attribute> attributes)
    {
        var attribute = attributes?.OfType<DataViewTypeAttribute>().SingleOrDefault();
        lock (s_lock)
            return s_registered.Find(known => known.Type == type && Equals(known.Attribute, attribute)).Column;
    }

    internal static bool Knows(DataViewType dataViewType)
    {
        lock (s_lock)
            return s_registered.Exists(known => known.Column.Equals(dataViewType));
    }

    private static bool Equals(DataViewTypeAttribute a, DataViewTypeAttribute b) => a is null ? b is null : a.Equals(b);
}
