namespace Microsoft.ML.Data;

/// <summary>The type of a column: what its values are and which .NET type carries them.</summary>
public abstract class DataViewType : IEquatable<DataViewType>
{
    // The real package seals the family to its own bases; so does an internal constructor here.
    private protected DataViewType(Type rawType)
    {
        RawType = rawType ?? throw new ArgumentNullException(nameof(rawType));
    }

    /// <summary>The .NET type that a <see cref="ValueGetter{TValue}"/> of such a column fills.</summary>
    public Type RawType { get; }

    /// <summary>Whether <paramref name="other"/> describes the same values.</summary>
    public abstract bool Equals(DataViewType other);
}

/// <summary>A type whose values are composed of others, or own resources.</summary>
public abstract class StructuredDataViewType : DataViewType
{
    protected StructuredDataViewType(Type rawType)
        : base(rawType)
    {
    }
}

/// <summary>A type whose values copy by assignment and own nothing; the only item types of vectors.</summary>
public abstract class PrimitiveDataViewType : DataViewType
{
    protected PrimitiveDataViewType(Type rawType)
        : base(rawType)
    {
        if (typeof(IDisposable).IsAssignableFrom(rawType))
            throw new ArgumentException($"A {nameof(PrimitiveDataViewType)} cannot have a disposable {nameof(RawType)}", nameof(rawType));
    }
}
